// SPDX-License-Identifier: GPL-3.0-or-later
#include "load/session.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <new>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <torch/version.h>

#include "formats/registry.h"
#include "load/device.h"
#include "load/module_checksum.h"
#include "load/strategy.h"
#include "load/torch_type.h"
#include "memory/process_sampler.h"

namespace plimsoll {

namespace {

constexpr std::array<Strategy, 8> kStrategies = {{
    {"baseline", loadBaseline},
    {"sequential", loadSequential},
    {"meta", loadMeta},
    {"mmap-assign", loadMmapAssign},
    {"per-tensor", loadPerTensor},
    {"mmap-process", loadMmapProcess},
    {"lazy", loadLazy},
    {"streamed", loadStreamed},
}};

}  // namespace

std::span<const Strategy> strategyTable() noexcept {
    return kStrategies;
}

namespace session {

namespace {

constexpr std::chrono::milliseconds kDeviceSampleEvery{10};

class Reporter final : public LoadReporter {
public:
    explicit Reporter(const Report& report) : report_(report) {}

    void phase(std::string_view name) override {
        phase_ = name;
        send(protocol::PhaseStart{protocol::nowNs(), phase_});
    }
    // The step that goes on; empty before the first.
    [[nodiscard]] const std::string& current() const noexcept { return phase_; }
    void note(std::string text) override { notes_.push_back(std::move(text)); }
    void send(const protocol::Event& event) {
        const std::scoped_lock lock(mutex_);
        report_(event);
    }
    [[nodiscard]] std::vector<std::string> takeNotes() { return std::exchange(notes_, {}); }

private:
    const Report& report_;
    std::mutex mutex_;
    std::string phase_;
    std::vector<std::string> notes_;
};

// Reports the device's figures while it lives; nothing to do for the CPU.
class DeviceSampler {
public:
    DeviceSampler(at::Device device, Reporter& reporter) {
        if (device.is_cpu()) return;
        thread_ = std::jthread([device, &reporter](const std::stop_token& stop) {
            std::mutex mutex;
            std::condition_variable_any wake;
            std::unique_lock lock(mutex);
            // What fails here (the device, memory for a line of the report) fails the load too, which says so; only
            // the curve ends early.
            try {
                while (!stop.stop_requested()) {
                    if (const auto sample = sampleDevice(device)) reporter.send(*sample);
                    wake.wait_for(lock, stop, kDeviceSampleEvery, [] { return false; });
                }
            } catch (const std::exception&) {
            }
        });
    }

private:
    std::jthread thread_;
};

const Strategy* findStrategy(std::string_view name) {
    const auto found =
        std::find_if(kStrategies.begin(), kStrategies.end(), [&](const Strategy& s) { return s.name == name; });
    return found == kStrategies.end() ? nullptr : &*found;
}

Result<std::optional<DType>> parseTarget(const std::string& name) {
    if (name.empty()) return std::optional<DType>();
    const auto dtype = dtypeFromShortName(name);
    if (!dtype || !torchType(*dtype)) return fail(Errc::Usage, "there is no dtype '" + name + "' to load as");
    return dtype;
}

// A page that the file has lost reads as zeros; the mapping knows.
Result<void> checkMappings(const Checkpoint& checkpoint) {
    for (const SourceFile& file : checkpoint.files)
        if (file.mapping) TRY_VOID(file.mapping->fault());
    return {};
}

Result<protocol::Done> runChecked(const Request& request, Reporter& reporter) {
    const Strategy* strategy = findStrategy(request.strategy);
    if (strategy == nullptr) return fail(Errc::Usage, "there is no load strategy '" + request.strategy + "'");
    TRY(const at::Device device, parseDevice(request.device));
    TRY(const auto dtype, parseTarget(request.dtype));
    std::optional<DeviceSampler> sampler(std::in_place, device, reporter);
    const at::NoGradGuard noGradients;

    const std::uint64_t start = protocol::nowNs();
    reporter.phase("open");
    TRY(const auto checkpoint, openCheckpoint(request.path));
    TRY(auto tree, strategy->load({checkpoint, device, reporter, dtype, request.tensorFiles}));
    synchronize(device);
    const std::uint64_t loaded = protocol::nowNs();

    // Leaked on purpose, see the header; the checkpoint too, whose mapping a strategy may have left behind.
    const auto& model = *new ModuleTree(std::move(tree));
    new std::shared_ptr(checkpoint);
    protocol::Done done;
    done.device = devicePeaks(device);
    // The device's curve ends here: verification takes a block of its memory for a tensor that is not contiguous.
    sampler.reset();
    if (const auto last = sampleDevice(device)) reporter.send(*last);
    reporter.phase("verify");
    TRY(done.checksum, moduleChecksum(model));
    TRY_VOID(checkMappings(*checkpoint));
    done.ns = protocol::nowNs();
    done.seconds = static_cast<double>(loaded - start) * 1e-9;
    done.parameters = model.root().named_parameters().size();
    done.buffers = model.root().named_buffers().size();
    done.bytes = model.bytes();
    done.notes = reporter.takeNotes();
    TRY(const auto self, ProcessSampler::open(::getpid()));
    TRY(const auto memory, self.sample());
    done.peakRss = memory.peakRss;
    return done;
}

// torch's CPU allocator says it in words only, after the place in its source.
std::optional<std::string> hostAllocationFailure(const std::string& text) {
    const auto words = text.find("can't allocate memory");
    return words == std::string::npos ? std::nullopt : std::optional(text.substr(words));
}

// CUDA's errors go on, after a line, with advice for who debugs kernels.
std::string wordsOf(const c10::Error& error) {
    const std::string_view text = error.what_without_backtrace();
    return std::string(text.starts_with("CUDA error") ? text.substr(0, text.find('\n')) : text);
}

// Memory that the driver itself needs and does not get (for the context, for pinned pages); and the check that torch's
// allocator trips over while it words "out of memory" where NVML does not list processes (containers, MIG).
//   source  https://github.com/pytorch/pytorch/issues/112377
bool isDeviceOutOfMemory(const std::string& text) {
    return text.find("CUDA error: out of memory") != std::string::npos ||
           text.find("CUDA driver error: out of memory") != std::string::npos ||
           (text.find("NVML_SUCCESS") != std::string::npos && text.find("CUDACachingAllocator") != std::string::npos);
}

// The one place where exceptions of torch and of allocations end.
//   phase  what was going on, for an allocation that failed
template <class Function>
auto guarded(bool& outOfMemory, const std::string& phase, Function function) -> decltype(function()) {
    const auto noMemory = [&](std::string_view who, const std::string& text) {
        outOfMemory = true;
        return fail(Errc::OverLimit, fmt::format("out of memory: {} at '{}'{}", who, phase, text));
    };
    try {
        return function();
    } catch (const c10::OutOfMemoryError& error) {
        return noMemory("the device's allocator", std::string(": ") + error.what_without_backtrace());
    } catch (const c10::Error& error) {
        const std::string text = wordsOf(error);
        if (const auto words = hostAllocationFailure(text)) return noMemory("torch's allocator", ": " + *words);
        if (isDeviceOutOfMemory(text)) return noMemory("the device's driver", ": " + text);
        return fail(Errc::Unsupported, text);
    } catch (const std::bad_alloc&) {
        return noMemory("bad_alloc", "");
    } catch (const std::system_error& error) {
        // A thread is refused for want of memory for its stack.
        if (error.code() == std::errc::resource_unavailable_try_again) return noMemory("no room for a thread", "");
        return fail(Errc::Unsupported, error.what());
    } catch (const std::exception& error) {
        return fail(Errc::Unsupported, error.what());
    }
}

// What a load that failed had come to; nothing where the device tells no more.
std::optional<DevicePeaks> peaksReached(const std::string& name) {
    try {
        const auto device = parseDevice(name);
        return device ? devicePeaks(*device) : std::nullopt;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

}  // namespace

protocol::Probe probe() {
    protocol::Probe probe{TORCH_VERSION, false, usableDevices(), {}, {}, whyNoCuda()};
    for (const std::string& name : probe.devices) probe.deviceBytes.push_back(deviceMemory(at::Device(name)));
    probe.cuda = probe.devices.size() > 1;
    for (const Strategy& strategy : kStrategies) probe.strategies.emplace_back(strategy.name);
    return probe;
}

Result<std::vector<std::string>> prepare(const Request& request) {
    if (findStrategy(request.strategy) == nullptr)
        return fail(Errc::Usage, "there is no load strategy '" + request.strategy + "'");
    bool outOfMemory = false;
    return guarded(outOfMemory, "prepare", [&]() -> Result<std::vector<std::string>> {
        TRY(const at::Device device, parseDevice(request.device));
        TRY(const auto note, prepareDevice(device, request.deviceLimit));
        return note ? std::vector<std::string>{*note} : std::vector<std::string>{};
    });
}

Outcome run(const Request& request, const Report& report) {
    Reporter reporter(report);
    Outcome outcome;
    auto done = guarded(outcome.outOfMemory, reporter.current(), [&] { return runChecked(request, reporter); });
    if (done) {
        outcome.done = std::move(*done);
    } else {
        outcome.error = describe(done.error(), request.path);
        outcome.device = peaksReached(request.device);
    }
    return outcome;
}

}  // namespace session

}  // namespace plimsoll
