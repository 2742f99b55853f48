// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "tensor/dtype.h"

namespace plimsoll {

// How one element is written.
enum class NumberFormat : std::uint8_t {
    Shortest,    // the shortest decimal number that reads back as the same element
    Decimal,     // six digits after the point, no exponent; integers as they are
    Scientific,  // six digits after the point and an exponent
    Hex,         // the element's bits, most significant first
    Bits,        // the same in binary; of a float: sign, exponent, mantissa
};

// A complex number is its two parts; packed and Opaque elements are their bytes in hex (or bits), whatever is asked.
//   element  the bytes of one element, little-endian, any alignment
[[nodiscard]] std::string formatElementAs(DType dtype, std::span<const std::byte> element, NumberFormat format);

// Characters of the longest text that formatElementAs gives for this type; of Shortest and Decimal, of usual numbers:
// those far from 1 are longer.
[[nodiscard]] std::size_t textColumns(DType dtype, NumberFormat format);

}  // namespace plimsoll
