// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled once per instruction set: foreach_target.h includes this file again for each.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/loss_kernels.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, so that it is expanded for each target.
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/loss_kernels.h"

#ifndef PLIMSOLL_LOSS_KERNELS_ONCE
#define PLIMSOLL_LOSS_KERNELS_ONCE
namespace plimsoll::kernels {

template <class T>
inline void addOneLoss(T before, T after, T largestError, CastLoss& loss) {
    if (std::isnan(before)) {
        ++loss.nan;
        return;
    }
    if (std::isinf(before)) return;
    const T error = std::abs(after - before);
    if (!(error <= largestError)) {
        ++loss.overflow;
        return;
    }
    ++loss.finite;
    if (after == 0 && before != 0) ++loss.underflow;
    loss.maxAbs = std::max(loss.maxAbs, static_cast<double>(error));
    if (before != 0) loss.maxRel = std::max(loss.maxRel, static_cast<double>(error / std::abs(before)));
    loss.sumSquares += static_cast<double>(error) * static_cast<double>(error);
}

}  // namespace plimsoll::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace plimsoll::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Doubles that are summed up: the vectors of floats are widened for it, as squares of small errors leave a float's
// range.
template <class D, class V>
HWY_INLINE auto squaresOf(D, V errors) {
#if HWY_TARGET == HWY_SCALAR
    return hn::Mul(errors, errors);
#else
    const hn::Repartition<double, D> wide;
    if constexpr (sizeof(hn::TFromD<D>) == sizeof(double)) {
        return hn::Mul(errors, errors);
    } else {
        const auto low = hn::PromoteTo(wide, hn::LowerHalf(errors));
        const auto high = hn::PromoteTo(wide, hn::UpperHalf(hn::Half<D>(), errors));
        return hn::Add(hn::Mul(low, low), hn::Mul(high, high));
    }
#endif
}

template <class T>
void addAll(const T* before, const T* after, std::size_t n, T largestError, CastLoss& loss) {
    const hn::ScalableTag<T> d;
    const std::size_t width = hn::Lanes(d);
    const auto infinity = hn::Set(d, std::numeric_limits<T>::infinity());
    const auto largest = hn::Set(d, largestError);
    const auto zero = hn::Zero(d);
    auto maxAbs = zero;
    auto maxRel = zero;
    auto squares = squaresOf(d, zero);
    std::size_t nan = 0;
    std::size_t overflow = 0;
    std::size_t underflow = 0;
    std::size_t counted = 0;
    std::size_t i = 0;
    for (; i + width <= n; i += width) {
        const auto x = hn::LoadU(d, before + i);
        const auto y = hn::LoadU(d, after + i);
        const auto size = hn::Abs(x);
        const auto error = hn::Abs(hn::Sub(y, x));
        const auto finite = hn::Lt(size, infinity);
        const auto held = hn::And(finite, hn::Le(error, largest));
        const auto errors = hn::IfThenElseZero(held, error);
        nan += hn::CountTrue(d, hn::IsNaN(x));
        overflow += hn::CountTrue(d, hn::AndNot(held, finite));
        counted += hn::CountTrue(d, held);
        underflow += hn::CountTrue(d, hn::And(hn::And(held, hn::Eq(y, zero)), hn::Ne(x, zero)));
        maxAbs = hn::Max(maxAbs, errors);
        maxRel = hn::Max(maxRel, hn::IfThenElseZero(hn::And(held, hn::Ne(x, zero)), hn::Div(errors, size)));
        squares = hn::Add(squares, squaresOf(d, errors));
    }
    loss.nan += nan;
    loss.overflow += overflow;
    loss.underflow += underflow;
    loss.finite += counted;
    loss.maxAbs = std::max(loss.maxAbs, static_cast<double>(hn::GetLane(hn::MaxOfLanes(d, maxAbs))));
    loss.maxRel = std::max(loss.maxRel, static_cast<double>(hn::GetLane(hn::MaxOfLanes(d, maxRel))));
    const hn::DFromV<decltype(squares)> wide;
    loss.sumSquares += static_cast<double>(hn::GetLane(hn::SumOfLanes(wide, squares)));
    for (; i < n; ++i) addOneLoss(before[i], after[i], largestError, loss);
}

void addFloats(const float* before, const float* after, std::size_t n, float largestError, CastLoss& loss) {
#if HWY_TARGET == HWY_SCALAR
    // One lane of floats is no vector of doubles.
    for (std::size_t i = 0; i < n; ++i) addOneLoss(before[i], after[i], largestError, loss);
#else
    addAll(before, after, n, largestError, loss);
#endif
}

void addDoubles(const double* before, const double* after, std::size_t n, double largestError, CastLoss& loss) {
    addAll(before, after, n, largestError, loss);
}

}  // namespace plimsoll::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace plimsoll::kernels {

HWY_EXPORT(addFloats);
HWY_EXPORT(addDoubles);

void addLoss(const float* before, const float* after, std::size_t n, float largestError, CastLoss& loss) {
    HWY_DYNAMIC_DISPATCH(addFloats)(before, after, n, largestError, loss);
}

void addLoss(const double* before, const double* after, std::size_t n, double largestError, CastLoss& loss) {
    HWY_DYNAMIC_DISPATCH(addDoubles)(before, after, n, largestError, loss);
}

}  // namespace plimsoll::kernels
#endif
