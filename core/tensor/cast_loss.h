// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "tensor/dtype.h"

namespace plimsoll {

// What a cast cost, over any number of elements. Errors are of those elements that are finite before and after and did
// not overflow.
struct CastLoss {
    std::uint64_t count = 0;  // all elements
    std::uint64_t nan = 0;    // NaN before the cast
    std::uint64_t overflow =
        0;  // finite before, beyond what the target holds: infinity, NaN, its largest value, wrapped
    std::uint64_t underflow = 0;  // not zero before, zero after
    std::uint64_t finite = 0;     // those that the errors are of
    double maxAbs = 0;            // of |after - before|
    double maxRel = 0;            // of |after - before| / |before|
    double sumSquares = 0;        // of after - before

    void merge(const CastLoss& other) noexcept;
    // Root of the mean square of after - before; 0 where nothing is finite.
    [[nodiscard]] double rms() const noexcept;
};

// Adds what casting `src` to `dst` cost. Both as castElements takes them.
//   errors  Unsupported where !canCast, OutOfBounds where the element counts differ
//   cost    O(n), no allocation; safe from any thread
[[nodiscard]] Result<void> addCastLoss(DType from, std::span<const std::byte> src, DType to,
                                       std::span<const std::byte> dst, CastLoss& loss);

}  // namespace plimsoll
