// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "tensor/dtype.h"

namespace plimsoll {

// What becomes of values beyond the target's range.
enum class Overflow : std::uint8_t {
    AsTorch,   // infinity, in f8_e4m3fn NaN; integers wrap, or are what the processor gives (README.md)
    Saturate,  // the largest value of the sign; NaN becomes 0 in integers, infinities stay in types that have them
};

// True where castElements can turn `from` into `to`: equal types always; otherwise f64 f32 f16 bf16 f8_e4m3fn f8_e5m2
// and the integer types among each other, and the other 8-bit floats to any of these.
[[nodiscard]] bool canCast(DType from, DType to) noexcept;

// Converts n elements bit for bit as torch's CPU .to() does: round to nearest even, subnormals kept, overflow to
// infinity (f8_e4m3fn, which has none: NaN), NaN as torch's vector loops encode it (README.md).
//   src     n elements of `from`, little-endian, any alignment
//   dst     n elements of `to`, any alignment; must not overlap src unless from == to and src == dst
//   errors  Unsupported where !canCast, OutOfBounds where dst does not hold exactly n elements
//   cost    O(n), no allocation; safe from any thread; the widest instruction set of this machine is chosen at run time
[[nodiscard]] Result<void> castElements(DType from, std::span<const std::byte> src, DType to, std::span<std::byte> dst,
                                        Overflow overflow = Overflow::AsTorch);

// The instruction set that castElements uses on this machine ("AVX2").
[[nodiscard]] std::string_view castInstructionSet() noexcept;

// Reverses the bytes of each element in place (big-endian files), of each part where complex; nothing to do for
// one-byte, packed and Opaque types.
void swapElementBytes(DType dtype, std::span<std::byte> elements);

}  // namespace plimsoll
