// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/sample_noise.h"

#include <cstddef>

namespace plimsoll {

namespace {

constexpr double kDeviation = 0.02;
// Four uniform numbers from 0 to 65,535: mean 131,070, variance 4 * (65,536^2 - 1) / 12.
constexpr double kSumMean = 131'070.0;
constexpr double kSumDeviation = 37'837.227237;

// The finaliser of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EB;
    return x ^ (x >> 31U);
}
constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;

}  // namespace

void fillNoise(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::span<float> out) noexcept {
    constexpr auto kScale = static_cast<float>(kDeviation / kSumDeviation);
    constexpr auto kMean = static_cast<float>(kSumMean);
    const std::uint64_t start = mix(mix(seed + kGolden) + stream * kGolden) + first * kGolden;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto bits = mix(start + i * kGolden);
        const auto sum = (bits & 0xFFFFU) + ((bits >> 16U) & 0xFFFFU) + ((bits >> 32U) & 0xFFFFU) + (bits >> 48U);
        out[i] = (static_cast<float>(static_cast<std::int32_t>(sum)) - kMean) * kScale;
    }
}

}  // namespace plimsoll
