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

// Eight running values per quantity, value i in lane i % 8: no addition waits for the one before, a vector of any width
// up to eight does the same additions, and so the result is the same on every machine.
inline constexpr std::size_t kStatsLanes = 8;

template <class Real>
using LanesOf = std::array<Real, kStatsLanes>;

// Infinities and NaN enter none but their counts.
template <class Real>
struct StatsLanes {
    LanesOf<Real> sums{};
    LanesOf<double> low = filled(std::numeric_limits<double>::infinity());
    LanesOf<double> high = filled(-std::numeric_limits<double>::infinity());
    LanesOf<double> nans{};  // counts, exact as a block has fewer than 2^53 values
    LanesOf<double> infs{};
    LanesOf<double> zeros{};

private:
    static constexpr LanesOf<double> filled(double value) {
        LanesOf<double> lanes{};
        lanes.fill(value);
        return lanes;
    }
};

[[nodiscard]] inline bool isFiniteValue(double value) noexcept {
    return std::fabs(value) < std::numeric_limits<double>::infinity();
}

// Adds values that start in lane 0.
template <class Real>
void gatherValues(std::span<const double> values, StatsLanes<Real>& lanes) noexcept {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t lane = i % kStatsLanes;
        const double value = values[i];
        if (isFiniteValue(value)) {
            lanes.sums[lane] += static_cast<Real>(value);
            lanes.low[lane] = value < lanes.low[lane] ? value : lanes.low[lane];
            lanes.high[lane] = value > lanes.high[lane] ? value : lanes.high[lane];
            lanes.zeros[lane] += value == 0 ? 1 : 0;
        } else {
            (std::isnan(value) ? lanes.nans : lanes.infs)[lane] += 1;
        }
    }
}

// Adds the squared distances of finite values from `mean`.
template <class Real>
void squareDistances(std::span<const double> values, Real mean, LanesOf<Real>& squares) noexcept {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const Real delta = isFiniteValue(values[i]) ? static_cast<Real>(values[i]) - mean : Real{0};
        squares[i % kStatsLanes] += delta * delta;
    }
}

// The same two for a multiple of kStatsLanes values, with the widest instruction set of this machine.
namespace kernels {
void gatherWhole(std::span<const double> values, StatsLanes<double>& lanes);
void squareWhole(std::span<const double> values, double mean, LanesOf<double>& squares);
}  // namespace kernels

// Summary of a block that fits the cache: two passes, so that the deviation does not cancel. Sums are kept in long
// double where `wide`: squares of f64 values may overflow a double.
[[nodiscard]] BlockSummary summarizeBlock(std::span<const double> values, bool wide);

}  // namespace plimsoll
