// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/stats.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "tensor/cast.h"
#include "tensor/stats_block.h"
#include "tensor/widen.h"

namespace plimsoll {

namespace {

// Values that are summed before their mean and deviation join the running ones.
constexpr std::size_t kBlock = 2048;

}  // namespace

Result<void> StatsAccumulator::add(std::span<const std::byte> elements) {
    const Composition composition = compositionOf(dtype_);
    if (composition.value == DType::Opaque)
        return fail(Errc::Unsupported, "no statistics of " + std::string(shortName(dtype_)) + " values");
    const std::size_t width = bitWidth(composition.value) / 8;
    if (elements.size() % (width * composition.parts) != 0)
        return fail(Errc::OutOfBounds, std::to_string(elements.size()) + " bytes are no whole number of " +
                                           std::string(shortName(dtype_)) + " elements");
    std::array<double, kBlock> block;
    while (!elements.empty()) {
        const std::size_t count = std::min(kBlock, elements.size() / width);
        const std::span<double> values = std::span(block).first(count);
        TRY_VOID(widenToDouble(composition.value, elements.first(count * width), values));
        merge(summarizeBlock(values, composition.value == DType::F64));
        elements = elements.subspan(count * width);
    }
    return {};
}

void StatsAccumulator::merge(const BlockSummary& block) {
    sums_.count += block.count;
    sums_.nan += block.nan;
    sums_.inf += block.inf;
    sums_.zero += block.zero;
    const std::uint64_t added = block.count - block.nan - block.inf;
    if (added == 0) return;
    sums_.min = finite_ == 0 ? block.min : std::min(sums_.min, block.min);
    sums_.max = finite_ == 0 ? block.max : std::max(sums_.max, block.max);
    // Chan, Golub and LeVeque: the deviation of a union from those of its parts.
    const auto old = static_cast<long double>(finite_);
    const auto fresh = static_cast<long double>(added);
    const long double delta = block.mean - mean_;
    mean_ += delta * (fresh / (old + fresh));
    m2_ += block.m2 + delta * delta * (old * fresh / (old + fresh));
    finite_ += added;
}

TensorStats StatsAccumulator::result() const {
    TensorStats stats = sums_;
    if (finite_ == 0) return stats;
    stats.mean = static_cast<double>(mean_);
    stats.stddev = static_cast<double>(std::sqrt(m2_ / static_cast<long double>(finite_)));
    return stats;
}

}  // namespace plimsoll
