// SPDX-License-Identifier: GPL-3.0-or-later
// plimsoll_bench cast BYTES FROM TO | memcpy BYTES | stats BYTES DTYPE: one JSON line with the best and the median of
// timed repetitions over a source of BYTES, in one thread.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <random>
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

// Finite values of the size of weights; what they are does not change the speed, subnormals could.
std::vector<std::byte> weights(DType dtype, std::size_t bytes) {
    const std::size_t count = bytes * 8 / plimsoll::bitWidth(dtype);
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 0.02F);
    std::vector<float> floats(count);
    for (float& value : floats) value = normal(random);
    std::vector<std::byte> values(count * plimsoll::bitWidth(dtype) / 8);
    const auto made = plimsoll::castElements(DType::F32, std::as_bytes(std::span(floats)), dtype, values);
    return made ? values : std::vector<std::byte>();
}

int usage() {
    fmt::print(stderr, "usage: plimsoll_bench cast BYTES FROM TO | memcpy BYTES | stats BYTES DTYPE\n");
    return 2;
}

int benchCast(std::size_t bytes, DType from, DType to) {
    const auto source = weights(from, bytes);
    std::vector<std::byte> target(source.size() * plimsoll::bitWidth(to) / plimsoll::bitWidth(from));
    bool fine = !source.empty();
    const Timing timing = timed([&] { fine = plimsoll::castElements(from, source, to, target).has_value() && fine; });
    if (!fine) return 1;
    print(fmt::format("{}>{}", plimsoll::shortName(from), plimsoll::shortName(to)), source.size(), target.size(),
          timing);
    return 0;
}

int benchMemcpy(std::size_t bytes) {
    const std::vector<std::byte> source(bytes, std::byte{1});
    std::vector<std::byte> target(bytes);
    // Through a volatile pointer, or the copies would be optimised away.
    void* (*volatile copy)(void*, const void*, std::size_t) = std::memcpy;
    print("memcpy", bytes, bytes, timed([&] { copy(target.data(), source.data(), bytes); }));
    return 0;
}

int benchStats(std::size_t bytes, DType dtype) {
    const auto source = weights(dtype, bytes);
    bool fine = !source.empty();
    const Timing timing = timed([&] {
        plimsoll::StatsAccumulator accumulator(dtype);
        fine = accumulator.add(source).has_value() && accumulator.result().count > 0 && fine;
    });
    if (!fine) return 1;
    print(fmt::format("stats {}", plimsoll::shortName(dtype)), source.size(), 0, timing);
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
