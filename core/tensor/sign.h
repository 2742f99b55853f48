// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "tensor/dtype.h"

namespace plimsoll {

// What torch's lazy views put off, in place: -x of every element, the conjugate of every complex one. Whole elements,
// little-endian, any alignment. As torch's neg: integers wrap, a floating-point sign bit turns (also of NaN and 0).
// Types without a sign (bool, f8_e8m0fnu, packed ones) stay, and so do real ones where conjugated.
void negateElements(DType dtype, std::span<std::byte> elements) noexcept;
void conjugateElements(DType dtype, std::span<std::byte> elements) noexcept;

}  // namespace plimsoll
