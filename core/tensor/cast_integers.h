// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/dtype.h"

namespace plimsoll::kernels {

// i8 i16 i32 i64 u8 u16 u32 u64 bool.
[[nodiscard]] bool isInteger(DType dtype) noexcept;

// Casts where one side is an integer type or both are.
//   from, to   integer types, f64 or f32 (at least one an integer type)
//   saturates  out of range becomes the nearest value and NaN 0; else what torch's CPU loops give (README.md)
//   src, dst   any alignment; must not overlap
void castIntegers(DType from, DType to, const std::uint8_t* src, std::uint8_t* dst, std::size_t n, bool saturates);

}  // namespace plimsoll::kernels
