// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/sign.h"

#include <cstdint>
#include <cstring>

#include "tensor/widen.h"

namespace plimsoll {

namespace {

constexpr std::byte kSign{0x80};

// The sign is the top bit of the last byte of each value.
void turnSigns(std::span<std::byte> values, std::size_t width, std::size_t first, std::size_t step) noexcept {
    for (std::size_t at = first * width + width - 1; at < values.size(); at += step * width) values[at] ^= kSign;
}

// In these a zero has no sign: its byte with the sign bit is their NaN, which turns into nothing either.
void turnSignsWithoutZero(std::span<std::byte> values) noexcept {
    for (std::byte& value : values)
        if ((value & ~kSign) != std::byte{0}) value ^= kSign;
}

template <class Unsigned>
void negateIntegers(std::span<std::byte> values) noexcept {
    for (std::size_t at = 0; at + sizeof(Unsigned) <= values.size(); at += sizeof(Unsigned)) {
        Unsigned value{};
        std::memcpy(&value, &values[at], sizeof value);
        value = static_cast<Unsigned>(Unsigned{0} - value);
        std::memcpy(&values[at], &value, sizeof value);
    }
}

}  // namespace

void negateElements(DType dtype, std::span<std::byte> elements) noexcept {
    const DType value = compositionOf(dtype).value;
    switch (value) {
        case DType::F8_E8M0FNU:
        case DType::Bool:
        case DType::Opaque:
            return;
        case DType::F8_E4M3FNUZ:
        case DType::F8_E5M2FNUZ:
            return turnSignsWithoutZero(elements);
        case DType::I64:
        case DType::U64:
            return negateIntegers<std::uint64_t>(elements);
        case DType::I32:
        case DType::U32:
            return negateIntegers<std::uint32_t>(elements);
        case DType::I16:
        case DType::U16:
            return negateIntegers<std::uint16_t>(elements);
        case DType::I8:
        case DType::U8:
            return negateIntegers<std::uint8_t>(elements);
        default:
            return turnSigns(elements, bitWidth(value) / 8, 0, 1);
    }
}

void conjugateElements(DType dtype, std::span<std::byte> elements) noexcept {
    const Composition composition = compositionOf(dtype);
    if (composition.parts == 2) turnSigns(elements, bitWidth(composition.value) / 8, 1, 2);
}

}  // namespace plimsoll
