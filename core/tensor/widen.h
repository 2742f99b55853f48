// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "tensor/dtype.h"

namespace plimsoll {

// What an element is made of: `parts` values of type `value`. Complex has two parts, quantized types are the integers
// that are stored; Opaque where an element has no value of its own (packed types, blocks).
struct Composition {
    DType value = DType::Opaque;
    std::uint32_t parts = 1;
};
[[nodiscard]] Composition compositionOf(DType dtype) noexcept;

// Values as doubles; integers above 2^53 round, a bool is 0 or 1.
//   src     dst.size() values of `value`, little-endian, any alignment
//   errors  Unsupported where compositionOf never gives this type
[[nodiscard]] Result<void> widenToDouble(DType value, std::span<const std::byte> src, std::span<double> dst);

}  // namespace plimsoll
