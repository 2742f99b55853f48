// SPDX-License-Identifier: GPL-3.0-or-later
// gpu_test CASE: one test of loading onto cuda:0. A strategy's name: that it fills a model there, and within the memory
// that was predicted. Exit status 0, 1, or 77 where there is no GPU.
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/glob.h"
#include "base/limits.h"
#include "convert/sample.h"
#include "formats/registry.h"
#include "io/output_file.h"
#include "lab/comparison.h"
#include "lab/report_json.h"
#include "layouts.h"
#include "memory/stream_buffers.h"

namespace {

using namespace plimsoll;
using limits::MiB;

constexpr int kSkipped = 77;
int failures = 0;

bool check(bool holds, std::string_view what) {
    if (holds) return true;
    ++failures;
    fmt::print("FAIL: {}\n", what);
    return false;
}

class Quiet final : public ComparisonObserver {
public:
    ProgressSink& preparing(std::string_view, std::uint64_t) override { return counter_; }
    LoadObserver runStarted(std::size_t, const LoadTest&) override { return {}; }
    void runFinished(std::size_t, const LoadRun&) override {}

private:
    ProgressCounter counter_;
};

// The model of ten layers with weights of 4 MB and biases of 4 kB.
Result<void> writeTen(const std::string& path) {
    ProgressCounter progress;
    TRY_VOID(writeSample("linear10", path, DType::F32, 0, true, progress, {}));
    return {};
}

// Every number there is of the 16-bit types, and bits as they come of the others: NaNs, infinities, subnormals, values
// that no smaller type holds.
Result<void> writeBits(const std::string& path) {
    constexpr std::size_t kElements = 1U << 16U;
    std::string bytes;
    std::uint64_t random = 1;
    for (std::size_t n = 0; n < 3 * kElements; ++n) {  // f64, then f32
        random = random * 6364136223846793005U + 1442695040888963407U;
        const auto bits = static_cast<std::uint32_t>(random >> 32U);
        bytes.append(reinterpret_cast<const char*>(&bits), sizeof bits);
    }
    for (std::size_t n = 0; n < 2 * kElements; ++n) {  // f16, then bf16
        const auto bits = static_cast<std::uint16_t>(n);
        bytes.append(reinterpret_cast<const char*>(&bits), sizeof bits);
    }
    std::string header = R"({"a":{"dtype":"F64","shape":[65536],"data_offsets":[0,524288]},)"
                         R"("b":{"dtype":"F32","shape":[65536],"data_offsets":[524288,786432]},)"
                         R"("c":{"dtype":"F16","shape":[65536],"data_offsets":[786432,917504]},)"
                         R"("d":{"dtype":"BF16","shape":[65536],"data_offsets":[917504,1048576]}})";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    const std::uint64_t length = header.size();
    const std::string file = std::string(reinterpret_cast<const char*>(&length), sizeof length) + header + bytes;
    return writeWholeFile(path, asBytes(file), OutputFile::Existing::Replace);
}

// A checkpoint in a folder that goes with it.
class Model {
public:
    Model(Result<void> (*write)(const std::string& path), const std::string& name) {
        folder_ = std::filesystem::temp_directory_path() / fmt::format("plimsoll-gpu-test-{}-{}", ::getpid(), name);
        std::filesystem::create_directories(folder_);
        const std::string path = (folder_ / name).string();
        if (const auto written = write(path); !written) {
            fmt::print("{}\n", describe(written.error(), path));
            return;
        }
        if (const auto opened = openCheckpoint(path)) checkpoint = *opened;
    }
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;
    ~Model() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    // One run on cuda:0, verified against the file.
    LoadRun load(const std::string& strategy, std::optional<DType> dtype = {}, std::optional<std::uint64_t> limit = {},
                 const std::string& device = "cuda:0", CacheState cache = CacheState::AsIs) {
        Comparison comparison;
        comparison.strategies = {strategy};
        comparison.device = device;
        comparison.dtype = dtype;
        comparison.deviceLimit = limit;
        comparison.cache = cache;
        Quiet quiet;
        const auto report = compareLoads(checkpoint, comparison, checksums_, quiet, {});
        if (report && report->runs.size() == 1) return report->runs.front();
        LoadRun none;
        none.error = report ? "no run" : report.error().what;
        return none;
    }
    [[nodiscard]] std::uint64_t bytes(std::optional<DType> dtype = {}) const {
        return modelBytes(checkpoint->tensors, dtype);
    }

    std::shared_ptr<const Checkpoint> checkpoint;

private:
    std::filesystem::path folder_;
    Checksums checksums_;
};

bool within(std::uint64_t measured, std::uint64_t predicted, std::uint64_t slack) {
    const auto m = static_cast<double>(measured);
    return std::abs(m - static_cast<double>(predicted)) <= std::max(0.05 * m, static_cast<double>(slack));
}

void checkMemory(const LoadRun& run, std::uint64_t model) {
    if (!check(run.devicePeaks && run.predicted, "the device's peaks are known")) return;
    const DevicePeaks& peaks = *run.devicePeaks;
    fmt::print("{}: allocated {} (predicted {}), reserved {}, in use {}; host anonymous {} (predicted {})\n",
               run.strategy, formatByteSize(peaks.peakAllocated), formatByteSize(run.predicted->device),
               formatByteSize(peaks.peakReserved), formatByteSize(peaks.peakUsed), formatByteSize(run.host.peakAnon),
               formatByteSize(run.predicted->hostAnon));
    check(within(peaks.peakAllocated, run.predicted->device, MiB), "device memory is as predicted");
    check(within(peaks.peakReserved, run.predicted->deviceReserved, 4 * MiB), "reserved memory is as predicted");
    check(peaks.peakAllocated >= model, "the device holds the whole model");
    check(peaks.peakReserved >= peaks.peakAllocated, "what is allocated was reserved");
    check(peaks.peakUsed >= peaks.peakReserved, "the whole device holds at least what torch has reserved");
    bool seen = false;
    for (const TimelinePoint& point : run.timeline.points) seen = seen || point.deviceUsed > 0;
    check(seen, "the curve has the device's use");
}

void fillsAModel(Model& model, const std::string& strategy, CacheState cache = CacheState::AsIs) {
    const LoadRun run = model.load(strategy, {}, {}, "cuda:0", cache);
    if (!check(run.verified, strategy + ": " + run.error.value_or("not verified"))) return;
    checkMemory(run, model.bytes(run.dtype));
    if (strategy != "streamed") return;
    check(run.devicePeaks && run.devicePeaks->peakAllocated <= model.bytes() * 101 / 100, "at most 1.01 of the model");
    const std::uint64_t buffers =
        stream_buffers::kThreads * stream_buffers::kPinnedPerThread * (stream_buffers::kBlockBytes + 4096);
    check(run.host.peakAnon <= 64 * MiB + buffers, "at most 64 MiB and the pinned buffers on the host");
}

// From the disk: for streamed straight into pinned memory.
void cold(Model& model) {
    for (const char* strategy : {"streamed", "mmap-assign", "lazy"}) fillsAModel(model, strategy, CacheState::Cold);
}

void layouts(Model&) {
    Model odd(writeLayouts, "layouts.pth");
    if (!check(odd.checkpoint != nullptr, "the model of odd layouts was written and opens")) return;
    for (const StrategyInfo& strategy : strategies()) {
        const std::string name(strategy.name);
        for (const std::optional<DType> dtype : {std::optional<DType>(), std::optional(DType::F16)}) {
            if (dtype && !targetOf(strategy, dtype)) continue;
            const LoadRun run = odd.load(name, dtype);
            check(run.verified, fmt::format("odd layouts by {}{}: {}", name, dtype ? " as f16" : "",
                                            run.error.value_or("not verified")));
        }
    }
}

// The expected checksum comes from core's kernels: every value must be the same.
void castsTo(Model& model, const char* strategy, DType dtype, std::string_view what) {
    const LoadRun run = model.load(strategy, dtype);
    check(run.verified,
          fmt::format("{}: {} as {}: {}", what, strategy, shortName(dtype), run.error.value_or("differs")));
}

void casts(Model& model) {
    Model bits(writeBits, "bits.safetensors");
    if (!check(bits.checkpoint != nullptr, "the model of any bits was written and opens")) return;
    // In streamed the device casts, in the others the host, as it does for the CPU.
    for (const DType dtype : {DType::F64, DType::F32, DType::F16, DType::BF16, DType::F8_E4M3FN, DType::F8_E5M2}) {
        castsTo(model, "streamed", dtype, "ten layers");
        castsTo(bits, "streamed", dtype, "any bits");
    }
    for (const char* strategy : {"lazy", "mmap-process"}) castsTo(bits, strategy, DType::F8_E4M3FN, "any bits");
    const LoadRun run = model.load("streamed", DType::BF16);
    if (check(run.devicePeaks && run.predicted, "the device's peaks are known")) {
        // A thread that finds no more to cast when it starts needs no block on the device.
        check(run.devicePeaks->peakReserved <= run.predicted->deviceReserved + 4 * MiB,
              fmt::format("reserved for a cast is {}, predicted {}", formatByteSize(run.devicePeaks->peakReserved),
                          formatByteSize(run.predicted->deviceReserved)));
    }
}

void limitsHold(Model& model) {
    for (const StrategyInfo& strategy : strategies()) {
        const std::string name(strategy.name);
        const LoadRun run = model.load(name, {}, model.bytes(targetOf(strategy, {})) / 2);
        check(run.error && run.outOfMemory, name + " runs out of half a model: " + run.error.value_or("it loaded"));
        check(!run.timeline.points.empty(), name + ": the curve up to there is kept");
    }
    const LoadRun whole = model.load("streamed", {}, model.bytes() + 24 * MiB);
    check(whole.verified, "streamed fits into a little more than the model: " + whole.error.value_or("differs"));
    const LoadRun twice = model.load("baseline", {}, model.bytes() + 24 * MiB);
    check(twice.outOfMemory, "baseline does not: " + twice.error.value_or("it loaded"));
}

void contextIsSaid(Model& model) {
    const LoadRun run = model.load("streamed");
    bool said = false;
    for (const std::string& note : run.notes) said = said || note.find("CUDA context") != std::string::npos;
    check(said, "a note says what the CUDA context takes");
    check(run.host.peakAnon < 256 * MiB, "the context is no part of the load");
}

void unknownDevice(Model& model) {
    const LoadRun run = model.load("streamed", {}, {}, "cuda:99");
    check(run.error && run.error->find("cuda:99") != std::string::npos, "cuda:99 is refused by name");
}

}  // namespace

int main(int argc, char** argv) {
    const std::string name = argc == 2 ? argv[1] : "";
    const std::map<std::string, void (*)(Model&)> cases = {
        {"casts", casts},     {"cold", cold},         {"context", contextIsSaid},
        {"layouts", layouts}, {"limits", limitsHold}, {"unknown-device", unknownDevice}};
    if (!cases.contains(name) && findStrategy(name) == nullptr) {
        fmt::print("gpu_test: '{}' is no test\n", name);
        return 2;
    }
    const LoaderStatus loader = probeLoader();
    if (!loader.problem.empty() || loader.devices.size() < 2) {
        fmt::print("skipped: {}\n", loader.problem.empty() ? "there is no CUDA device here" : loader.problem);
        return kSkipped;
    }
    Model model(writeTen, "ten.pth");
    if (!check(model.checkpoint != nullptr, "the model was written and opens")) return 1;
    if (const auto found = cases.find(name); found != cases.end())
        found->second(model);
    else
        fillsAModel(model, name);
    return failures == 0 ? 0 : 1;
}
