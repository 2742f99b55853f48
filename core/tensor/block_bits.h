// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tensor/float_bits.h"

// The fields of one ggml block, little-endian, for its dequantizers (dequantize.cpp, dequantize_grid.cpp) alone.
namespace plimsoll::blockbits {

using Block = const std::byte*;  // as long as its type says: dequantizeBlocks has checked

// Writes the values of a block.
using Kernel = void (*)(Block, float*) noexcept;

inline std::uint32_t byteAt(Block block, std::size_t i) noexcept {
    return std::to_integer<std::uint32_t>(block[i]);
}

template <class T>
T numberAt(Block block, std::size_t i) noexcept {
    T value{};
    std::memcpy(&value, block + i, sizeof value);
    return value;
}

inline float halfAt(Block block, std::size_t i) noexcept {
    return std::bit_cast<float>(floatbits::f32FromF16(numberAt<std::uint16_t>(block, i)));
}

inline float signedAt(Block block, std::size_t i) noexcept {
    return numberAt<std::int8_t>(block, i);
}

inline float asFloat(std::uint32_t value) noexcept {
    return static_cast<float>(value);
}

// The integer less an offset.
inline float centred(std::uint32_t value, int offset) noexcept {
    return static_cast<float>(static_cast<int>(value) - offset);
}

}  // namespace plimsoll::blockbits
