// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/dtype.h"
#include "tensor/float_bits.h"

namespace plimsoll::kernels {

// Converts n elements with the widest instruction set of this machine.
//   from      f64, f32, f16 or bf16
//   to        one of these other than `from`, f8_e4m3fn or f8_e5m2
//   src, dst  any alignment; must not overlap
void castFloats(DType from, DType to, const std::uint8_t* src, std::uint8_t* dst, std::size_t n,
                floatbits::Bf16Nan nan);

// 8-bit float codes to f32, by table; nothing is written for other dtypes.
void widenF8(DType from, const std::uint8_t* src, std::uint32_t* dst, std::size_t n);

}  // namespace plimsoll::kernels
