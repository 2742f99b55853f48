// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "tensor/dtype.h"

// Single values of the small float types as bit patterns, in integer arithmetic: independent of rounding modes and of
// the instruction set. The vector kernels give the same bits.
namespace plimsoll::floatbits {

inline constexpr std::uint32_t kInfinity32 = 0x7F800000U;
inline constexpr std::uint32_t kQuietBit32 = 0x00400000U;

// What torch makes of a NaN when it narrows to bf16: its vector loop (from f32 and f64) sets all bits, its scalar
// conversion (from every other type) gives the canonical pattern.
enum class Bf16Nan : std::uint8_t { AllOnes, Canonical };

[[nodiscard]] constexpr bool isNan32(std::uint32_t bits) noexcept {
    return (bits & 0x7FFFFFFFU) > kInfinity32;
}

// Bits below the sign of a float with `Mantissa` fraction bits and exponent bias `Bias`, rounded to nearest even. The
// carry may leave the finite range: the caller compares with the type's largest code.
//   magnitude  bits of a finite f32 without its sign
template <unsigned Mantissa, int Bias>
[[nodiscard]] constexpr std::uint32_t roundMagnitude(std::uint32_t magnitude) noexcept {
    const int exponent = std::max(static_cast<int>(magnitude >> 23U), 1) - 127;
    const std::uint32_t significand = (magnitude & 0x7FFFFFU) | (magnitude >= 0x00800000U ? 0x00800000U : 0U);
    const int belowNormal = std::max(0, (1 - Bias) - exponent);
    const int drop = static_cast<int>(23 - Mantissa) + belowNormal;
    if (drop > 24) return 0;  // less than half of the smallest subnormal
    const std::uint32_t kept = significand >> static_cast<unsigned>(drop);
    const std::uint32_t rest = significand & ((1U << static_cast<unsigned>(drop)) - 1U);
    const std::uint32_t half = 1U << static_cast<unsigned>(drop - 1);
    const std::uint32_t rounded = kept + ((rest > half || (rest == half && (kept & 1U) != 0)) ? 1U : 0U);
    if (belowNormal > 0) return rounded;
    return (static_cast<std::uint32_t>(exponent + Bias - 1) << Mantissa) + rounded;
}

// f32 bits of a finite code without its sign; exact.
template <unsigned Mantissa, int Bias>
[[nodiscard]] constexpr std::uint32_t widenMagnitude(std::uint32_t code) noexcept {
    if (code == 0) return 0;
    std::uint32_t significand = code & ((1U << Mantissa) - 1U);
    int exponent = static_cast<int>(code >> Mantissa) - Bias;
    if (code >> Mantissa == 0) {
        const auto shift = static_cast<unsigned>(std::countl_zero(significand)) - (31U - Mantissa);
        significand = (significand << shift) & ((1U << Mantissa) - 1U);
        exponent = 1 - Bias - static_cast<int>(shift);
    }
    return (static_cast<std::uint32_t>(exponent + 127) << 23U) | (significand << (23U - Mantissa));
}

[[nodiscard]] constexpr std::uint16_t f16FromF32(std::uint32_t bits) noexcept {
    const std::uint32_t sign = (bits >> 16U) & 0x8000U;
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    std::uint32_t code = 0x7C00U;
    if (magnitude > kInfinity32) {
        code = 0x7E00U | ((magnitude >> 13U) & 0x3FFU);
    } else if (magnitude < kInfinity32) {
        code = std::min(roundMagnitude<10, 15>(magnitude), 0x7C00U);
    }
    return static_cast<std::uint16_t>(sign | code);
}

[[nodiscard]] constexpr std::uint32_t f32FromF16(std::uint16_t half) noexcept {
    const std::uint32_t sign = (half & 0x8000U) << 16U;
    const std::uint32_t code = half & 0x7FFFU;
    if (code < 0x7C00U) return sign | widenMagnitude<10, 15>(code);
    const std::uint32_t payload = (code & 0x3FFU) << 13U;
    return sign | kInfinity32 | payload | (payload != 0 ? kQuietBit32 : 0U);
}

[[nodiscard]] constexpr std::uint16_t bf16FromF32(std::uint32_t bits, Bf16Nan nan) noexcept {
    if (isNan32(bits)) return nan == Bf16Nan::AllOnes ? 0xFFFFU : 0x7FC0U;
    return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

// NaNs keep their payload and stay as they are, signalling ones too.
[[nodiscard]] constexpr std::uint32_t f32FromBf16(std::uint16_t bits) noexcept {
    return static_cast<std::uint32_t>(bits) << 16U;
}

// Beyond the largest finite value, infinities included, there is only NaN.
[[nodiscard]] constexpr std::uint8_t f8E4m3fnFromF32(std::uint32_t bits) noexcept {
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    const std::uint32_t code = magnitude >= kInfinity32 ? 0x7FU : std::min(roundMagnitude<3, 7>(magnitude), 0x7FU);
    return static_cast<std::uint8_t>(((bits >> 24U) & 0x80U) | code);
}

[[nodiscard]] constexpr std::uint8_t f8E5m2FromF32(std::uint32_t bits) noexcept {
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    std::uint32_t code = 0x7FU;
    if (magnitude <= kInfinity32)
        code = magnitude == kInfinity32 ? 0x7CU : std::min(roundMagnitude<2, 15>(magnitude), 0x7CU);
    return static_cast<std::uint8_t>(((bits >> 24U) & 0x80U) | code);
}

// The NaN of the types that have a single one, as torch widens it.
inline constexpr std::uint32_t kSingleNan32 = 0x7F800001U;

// f32 bits of a code of one of the five 8-bit float types; 0 for any other dtype.
[[nodiscard]] constexpr std::uint32_t f32FromF8(DType dtype, std::uint8_t byte) noexcept {
    const std::uint32_t sign = (byte & 0x80U) << 24U;
    const std::uint32_t code = byte & 0x7FU;
    switch (dtype) {
        case DType::F8_E4M3FN:
            return sign | (code == 0x7FU ? 0x7FF00000U : widenMagnitude<3, 7>(code));
        case DType::F8_E5M2:
            if (code >= 0x7CU) return sign | kInfinity32 | (code > 0x7CU ? kQuietBit32 | ((code & 3U) << 21U) : 0U);
            return sign | widenMagnitude<2, 15>(code);
        case DType::F8_E4M3FNUZ:
            return byte == 0x80U ? kSingleNan32 : sign | widenMagnitude<3, 8>(code);
        case DType::F8_E5M2FNUZ:
            return byte == 0x80U ? kSingleNan32 : sign | widenMagnitude<2, 16>(code);
        case DType::F8_E8M0FNU:
            if (byte == 0xFFU) return kSingleNan32;
            return byte == 0 ? 0x00400000U : static_cast<std::uint32_t>(byte) << 23U;
        default:
            return 0;
    }
}

// f32 bits of all 256 codes.
[[nodiscard]] constexpr std::array<std::uint32_t, 256> f8Table(DType dtype) noexcept {
    std::array<std::uint32_t, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = f32FromF8(dtype, static_cast<std::uint8_t>(i));
    return table;
}

}  // namespace plimsoll::floatbits
