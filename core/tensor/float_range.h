// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "tensor/dtype.h"

namespace plimsoll {

// Where the finite values of a floating-point type end.
struct FloatRange {
    std::uint32_t largestCode = 0;  // bits of the largest finite value
    double largestError = 0;        // half the distance of the two largest: rounding takes nothing further
};

// Of f32 and the smaller types that casts end in; zeros for any other.
[[nodiscard]] constexpr FloatRange floatRange(DType dtype) noexcept {
    switch (dtype) {
        case DType::F32:
            return {0x7F7FFFFFU, 0x1p103};
        case DType::F16:
            return {0x7BFFU, 0x1p4};
        case DType::BF16:
            return {0x7F7FU, 0x1p119};
        case DType::F8_E4M3FN:
            return {0x7EU, 0x1p4};
        case DType::F8_E5M2:
            return {0x7BU, 0x1p12};
        default:
            return {};
    }
}

}  // namespace plimsoll
