// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "tensor/stats.h"

namespace plimsoll {

// Eight running values per quantity: no addition waits for the one before, and the order of additions (so the result)
// is the same on every machine.
inline constexpr std::size_t kStatsLanes = 8;

template <class Real>
[[nodiscard]] Real sumOfLanes(const std::array<Real, kStatsLanes>& lanes) noexcept {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

// Summary of a block that fits the cache: two passes, so that the deviation does not cancel.
//   Real  the type that sums are kept in: long double where squares of the values may overflow a double
template <class Real>
[[nodiscard]] BlockSummary summarize(std::span<const double> values) noexcept {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    BlockSummary block;
    block.count = values.size();
    std::array<Real, kStatsLanes> sums{};
    std::array<double, kStatsLanes> low;
    std::array<double, kStatsLanes> high;
    std::array<std::uint64_t, kStatsLanes> nans{};
    std::array<std::uint64_t, kStatsLanes> infs{};
    std::array<std::uint64_t, kStatsLanes> zeros{};
    low.fill(kInfinity);
    high.fill(-kInfinity);
    const auto visit = [&](std::size_t lane, double value) {
        const bool finite = std::fabs(value) < kInfinity;
        const double counted = finite ? value : 0.0;
        sums[lane] += static_cast<Real>(counted);
        low[lane] = finite && value < low[lane] ? value : low[lane];
        high[lane] = finite && value > high[lane] ? value : high[lane];
        nans[lane] += value != value ? 1U : 0U;
        infs[lane] += std::fabs(value) == kInfinity ? 1U : 0U;
        zeros[lane] += value == 0 ? 1U : 0U;
    };
    const std::size_t whole = values.size() - values.size() % kStatsLanes;
    for (std::size_t i = 0; i < whole; i += kStatsLanes)
        for (std::size_t lane = 0; lane < kStatsLanes; ++lane) visit(lane, values[i + lane]);
    for (std::size_t i = whole; i < values.size(); ++i) visit(i - whole, values[i]);
    for (std::size_t lane = 0; lane < kStatsLanes; ++lane) {
        block.nan += nans[lane];
        block.inf += infs[lane];
        block.zero += zeros[lane];
        block.min = lane == 0 || low[lane] < block.min ? low[lane] : block.min;
        block.max = lane == 0 || high[lane] > block.max ? high[lane] : block.max;
    }
    const std::uint64_t finite = block.count - block.nan - block.inf;
    if (finite == 0) return block;

    const Real mean = sumOfLanes(sums) / static_cast<Real>(finite);
    std::array<Real, kStatsLanes> squares{};
    const auto deviate = [&](std::size_t lane, double value) {
        const Real delta = std::fabs(value) < kInfinity ? static_cast<Real>(value) - mean : Real{0};
        squares[lane] += delta * delta;
    };
    for (std::size_t i = 0; i < whole; i += kStatsLanes)
        for (std::size_t lane = 0; lane < kStatsLanes; ++lane) deviate(lane, values[i + lane]);
    for (std::size_t i = whole; i < values.size(); ++i) deviate(i - whole, values[i]);
    block.mean = mean;
    block.m2 = sumOfLanes(squares);
    return block;
}

}  // namespace plimsoll
