// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/stats_block.h"

#include <algorithm>
#include <type_traits>

namespace plimsoll {

namespace {

template <class Real>
Real sumOf(const LanesOf<Real>& lanes) noexcept {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

std::uint64_t countOf(const LanesOf<double>& lanes) noexcept {
    return static_cast<std::uint64_t>(sumOf(lanes));
}

std::span<const double> wholeLanes(std::span<const double> values) noexcept {
    return values.first(values.size() - values.size() % kStatsLanes);
}

template <class Real>
StatsLanes<Real> gathered(std::span<const double> values) {
    StatsLanes<Real> lanes;
    if constexpr (std::is_same_v<Real, double>) {
        const auto whole = wholeLanes(values);
        kernels::gatherWhole(whole, lanes);
        values = values.subspan(whole.size());
    }
    gatherValues(values, lanes);
    return lanes;
}

template <class Real>
Real squaresOf(std::span<const double> values, Real mean) {
    LanesOf<Real> squares{};
    if constexpr (std::is_same_v<Real, double>) {
        const auto whole = wholeLanes(values);
        kernels::squareWhole(whole, mean, squares);
        values = values.subspan(whole.size());
    }
    squareDistances(values, mean, squares);
    return sumOf(squares);
}

template <class Real>
BlockSummary summarize(std::span<const double> values) {
    const StatsLanes<Real> lanes = gathered<Real>(values);
    BlockSummary block;
    block.count = values.size();
    block.nan = countOf(lanes.nans);
    block.inf = countOf(lanes.infs);
    block.zero = countOf(lanes.zeros);
    const std::uint64_t finite = block.count - block.nan - block.inf;
    if (finite == 0) return block;
    block.min = *std::min_element(lanes.low.begin(), lanes.low.end());
    block.max = *std::max_element(lanes.high.begin(), lanes.high.end());
    const Real mean = sumOf(lanes.sums) / static_cast<Real>(finite);
    block.mean = mean;
    block.m2 = squaresOf(values, mean);
    return block;
}

}  // namespace

BlockSummary summarizeBlock(std::span<const double> values, bool wide) {
    return wide ? summarize<long double>(values) : summarize<double>(values);
}

}  // namespace plimsoll
