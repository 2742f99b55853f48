// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "tensor/dtype.h"

namespace plimsoll {

// True where castElements can turn `from` into `to` (equal types always can).
[[nodiscard]] bool canCast(DType from, DType to) noexcept;

// Converts n elements bit for bit as torch's CPU .to() does: round to nearest even, subnormals kept, overflow to
// infinity, NaN as torch encodes it in the target.
//   src     n elements of `from`, little-endian, any alignment
//   dst     n elements of `to`, any alignment; must not overlap src unless from == to and src == dst
//   errors  Unsupported where !canCast, OutOfBounds where dst does not hold exactly n elements
//   cost    O(n), no allocation; safe from any thread; the widest instruction set of this machine is chosen at run time
[[nodiscard]] Result<void> castElements(DType from, std::span<const std::byte> src, DType to, std::span<std::byte> dst);

// Reverses the bytes of each element in place (big-endian files); nothing to do for one-byte types.
void swapElementBytes(DType dtype, std::span<std::byte> elements);

}  // namespace plimsoll
