// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled once per instruction set: foreach_target.h includes this file again for each.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/stats_kernels.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, so that it is expanded for each target.
#include <hwy/highway.h>

#include "tensor/stats_block.h"

HWY_BEFORE_NAMESPACE();
namespace plimsoll::kernels::HWY_NAMESPACE {

// Vectors without a size at compile time cannot be kept in arrays.
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128 || HWY_HAVE_SCALABLE

void gatherWholeValues(std::span<const double> values, StatsLanes<double>& lanes) {
    gatherValues(values, lanes);
}

void squareWholeValues(std::span<const double> values, double mean, LanesOf<double>& squares) {
    squareDistances(values, mean, squares);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<double, kStatsLanes>;
using V = hn::Vec<D>;

constexpr std::size_t kWidth = hn::MaxLanes(D());
constexpr std::size_t kVectors = kStatsLanes / kWidth;
static_assert(kWidth * kVectors == kStatsLanes);

HWY_INLINE void load(const LanesOf<double>& lanes, V (&vectors)[kVectors]) {
    for (std::size_t i = 0; i < kVectors; ++i) vectors[i] = hn::LoadU(D(), lanes.data() + i * kWidth);
}

HWY_INLINE void store(const V (&vectors)[kVectors], LanesOf<double>& lanes) {
    for (std::size_t i = 0; i < kVectors; ++i) hn::StoreU(vectors[i], D(), lanes.data() + i * kWidth);
}

void gatherWholeValues(std::span<const double> values, StatsLanes<double>& lanes) {
    const D d;
    const V infinity = hn::Set(d, std::numeric_limits<double>::infinity());
    const V minusInfinity = hn::Neg(infinity);
    const V one = hn::Set(d, 1.0);
    const V zero = hn::Zero(d);
    V sums[kVectors], low[kVectors], high[kVectors], nans[kVectors], infs[kVectors], zeros[kVectors];
    load(lanes.sums, sums);
    load(lanes.low, low);
    load(lanes.high, high);
    load(lanes.nans, nans);
    load(lanes.infs, infs);
    load(lanes.zeros, zeros);
    for (std::size_t i = 0; i < values.size(); i += kStatsLanes) {
        for (std::size_t j = 0; j < kVectors; ++j) {
            const V v = hn::LoadU(d, values.data() + i + j * kWidth);
            const auto finite = hn::Lt(hn::Abs(v), infinity);
            sums[j] = hn::Add(sums[j], hn::IfThenElseZero(finite, v));
            const V orInfinity = hn::IfThenElse(finite, v, infinity);
            const V orMinusInfinity = hn::IfThenElse(finite, v, minusInfinity);
            low[j] = hn::IfThenElse(hn::Lt(orInfinity, low[j]), orInfinity, low[j]);
            high[j] = hn::IfThenElse(hn::Gt(orMinusInfinity, high[j]), orMinusInfinity, high[j]);
            nans[j] = hn::Add(nans[j], hn::IfThenElseZero(hn::IsNaN(v), one));
            infs[j] = hn::Add(infs[j], hn::IfThenElseZero(hn::Eq(hn::Abs(v), infinity), one));
            zeros[j] = hn::Add(zeros[j], hn::IfThenElseZero(hn::Eq(v, zero), one));
        }
    }
    store(sums, lanes.sums);
    store(low, lanes.low);
    store(high, lanes.high);
    store(nans, lanes.nans);
    store(infs, lanes.infs);
    store(zeros, lanes.zeros);
}

void squareWholeValues(std::span<const double> values, double mean, LanesOf<double>& squares) {
    const D d;
    const V infinity = hn::Set(d, std::numeric_limits<double>::infinity());
    const V means = hn::Set(d, mean);
    V sums[kVectors];
    load(squares, sums);
    for (std::size_t i = 0; i < values.size(); i += kStatsLanes) {
        for (std::size_t j = 0; j < kVectors; ++j) {
            const V v = hn::LoadU(d, values.data() + i + j * kWidth);
            const V delta = hn::IfThenElseZero(hn::Lt(hn::Abs(v), infinity), hn::Sub(v, means));
            // Not MulAdd: rounding once more would differ from machines without it.
            sums[j] = hn::Add(sums[j], hn::Mul(delta, delta));
        }
    }
    store(sums, squares);
}

#endif

}  // namespace plimsoll::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace plimsoll::kernels {

HWY_EXPORT(gatherWholeValues);
HWY_EXPORT(squareWholeValues);

void gatherWhole(std::span<const double> values, StatsLanes<double>& lanes) {
    HWY_DYNAMIC_DISPATCH(gatherWholeValues)(values, lanes);
}

void squareWhole(std::span<const double> values, double mean, LanesOf<double>& squares) {
    HWY_DYNAMIC_DISPATCH(squareWholeValues)(values, mean, squares);
}

}  // namespace plimsoll::kernels
#endif
