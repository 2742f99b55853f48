// SPDX-License-Identifier: GPL-3.0-or-later
// plimsoll_bench cast BYTES FROM TO | memcpy BYTES | stats BYTES DTYPE: one JSON line with the best and the median of
// timed repetitions over a source of BYTES, in one thread.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/glob.h"
#include "tensor/cast.h"
#include "tensor/stats.h"

namespace {

using plimsoll::DType;

constexpr double kSecondsPerCase = 0.5;
constexpr int kMinimumRuns = 5;

struct Timing {
    double best = 0;
    double median = 0;
    std::size_t runs = 0;
};

Timing timed(const std::function<void()>& work) {
    using Clock = std::chrono::steady_clock;
    work();
    std::vector<double> seconds;
    const auto start = Clock::now();
    while (seconds.size() < kMinimumRuns ||
           std::chrono::duration<double>(Clock::now() - start).count() < kSecondsPerCase) {
        const auto before = Clock::now();
        work();
        seconds.push_back(std::chrono::duration<double>(Clock::now() - before).count());
    }
    std::sort(seconds.begin(), seconds.end());
    return {seconds.front(), seconds[seconds.size() / 2], seconds.size()};
}

void print(std::string_view what, std::size_t source, std::size_t target, const Timing& timing) {
    fmt::print(
        "{{\"what\": \"{}\", \"source_bytes\": {}, \"target_bytes\": {}, \"best_s\": {:.9f}, \"median_s\": {:.9f}, "
        "\"runs\": {}, \"instruction_set\": \"{}\"}}\n",
        what, source, target, timing.best, timing.median, timing.runs, plimsoll::castInstructionSet());
}

// Bytes at an address that no vector straddles a cache line from, as torch's allocator gives them.
class Buffer {
public:
    explicit Buffer(std::size_t bytes)
        : bytes_(bytes), data_(static_cast<std::byte*>(::operator new(bytes, kAlignment)), Free()) {
        std::memset(data_.get(), 1, bytes);
    }
    [[nodiscard]] std::span<std::byte> span() const { return {data_.get(), bytes_}; }
    [[nodiscard]] std::size_t size() const { return bytes_; }

private:
    static constexpr std::align_val_t kAlignment{64};
    struct Free {
        void operator()(std::byte* p) const { ::operator delete(p, kAlignment); }
    };
    std::size_t bytes_;
    std::unique_ptr<std::byte, Free> data_;
};

// Finite values of the size of weights; what they are does not change the speed, subnormals could.
std::optional<Buffer> weights(DType dtype, std::size_t bytes) {
    const std::size_t count = bytes * 8 / plimsoll::bitWidth(dtype);
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 0.02F);
    std::vector<float> floats(count);
    for (float& value : floats) value = normal(random);
    Buffer values(count * plimsoll::bitWidth(dtype) / 8);
    if (!plimsoll::castElements(DType::F32, std::as_bytes(std::span(floats)), dtype, values.span()))
        return std::nullopt;
    return values;
}

int usage() {
    fmt::print(stderr, "usage: plimsoll_bench cast BYTES FROM TO | memcpy BYTES | stats BYTES DTYPE\n");
    return 2;
}

int benchCast(std::size_t bytes, DType from, DType to) {
    const auto source = weights(from, bytes);
    if (!source) return 1;
    const Buffer target(source->size() * plimsoll::bitWidth(to) / plimsoll::bitWidth(from));
    bool fine = true;
    const Timing timing =
        timed([&] { fine = plimsoll::castElements(from, source->span(), to, target.span()).has_value() && fine; });
    if (!fine) return 1;
    print(fmt::format("{}>{}", plimsoll::shortName(from), plimsoll::shortName(to)), source->size(), target.size(),
          timing);
    return 0;
}

int benchMemcpy(std::size_t bytes) {
    const Buffer source(bytes);
    const Buffer target(bytes);
    // Through a volatile pointer, or the copies would be optimised away.
    void* (*volatile copy)(void*, const void*, std::size_t) = std::memcpy;
    print("memcpy", bytes, bytes, timed([&] { copy(target.span().data(), source.span().data(), bytes); }));
    return 0;
}

int benchStats(std::size_t bytes, DType dtype) {
    const auto source = weights(dtype, bytes);
    if (!source) return 1;
    bool fine = true;
    const Timing timing = timed([&] {
        plimsoll::StatsAccumulator accumulator(dtype);
        fine = accumulator.add(source->span()).has_value() && accumulator.result().count > 0 && fine;
    });
    if (!fine) return 1;
    print(fmt::format("stats {}", plimsoll::shortName(dtype)), source->size(), 0, timing);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    if (words.size() < 2) return usage();
    const auto bytes = plimsoll::parseByteSize(words[1]);
    if (!bytes || *bytes == 0) return usage();
    std::vector<DType> dtypes;
    for (std::size_t i = 2; i < words.size(); ++i) {
        const auto dtype = plimsoll::dtypeFromShortName(words[i]);
        if (!dtype || !plimsoll::canCast(DType::F32, *dtype)) return usage();
        dtypes.push_back(*dtype);
    }
    if (words[0] == "cast" && dtypes.size() == 2) return benchCast(*bytes, dtypes[0], dtypes[1]);
    if (words[0] == "memcpy" && dtypes.empty()) return benchMemcpy(*bytes);
    if (words[0] == "stats" && dtypes.size() == 1) return benchStats(*bytes, dtypes[0]);
    return usage();
}
