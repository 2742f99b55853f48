// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

namespace plimsoll {

// a + b, or nothing where the sum does not fit T.
template <std::integral T>
[[nodiscard]] constexpr std::optional<T> checkedAdd(T a, T b) {
    T sum{};
    if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
    return sum;
}

// a * b, or nothing where the product does not fit T.
template <std::integral T>
[[nodiscard]] constexpr std::optional<T> checkedMul(T a, T b) {
    T product{};
    if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
    return product;
}

// True where [offset, offset + length) lies within a container of `size` bytes; cannot wrap.
[[nodiscard]] constexpr bool fitsWithin(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
    return offset <= size && length <= size - offset;
}

// Smallest multiple of `alignment` (a power of two) that is >= value; wraps only above 2^64 - alignment.
[[nodiscard]] constexpr std::uint64_t alignUp(std::uint64_t value, std::uint64_t alignment) {
    return (value + alignment - 1) & ~(alignment - 1);
}

}  // namespace plimsoll
