// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/cast_integers.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace plimsoll::kernels {

namespace {

constexpr double kTwo31 = 2147483648.0;
constexpr double kTwo63 = 9223372036854775808.0;

// What x86's truncating conversions give: the smallest value for everything out of range and for NaN.
std::int32_t truncate32(double x) {
    return x > -kTwo31 - 1 && x < kTwo31 ? static_cast<std::int32_t>(x) : std::numeric_limits<std::int32_t>::min();
}

std::int64_t truncate64(double x) {
    return x >= -kTwo63 && x < kTwo63 ? static_cast<std::int64_t>(x) : std::numeric_limits<std::int64_t>::min();
}

// Each target by the instruction that torch's loops use for it.
template <class To>
To asTorch(double x) {
    if constexpr (std::is_same_v<To, bool>) {
        return x != 0;
    } else if constexpr (std::is_same_v<To, std::int64_t>) {
        return truncate64(x);
    } else if constexpr (std::is_same_v<To, std::uint8_t>) {
        return static_cast<To>(truncate64(x));
    } else if constexpr (std::is_same_v<To, std::uint32_t>) {
        return x >= kTwo31 ? static_cast<To>(truncate32(x - kTwo31)) ^ (To{1} << 31U) : static_cast<To>(truncate32(x));
    } else if constexpr (std::is_same_v<To, std::uint64_t>) {
        return x >= kTwo63 ? static_cast<To>(truncate64(x - kTwo63)) ^ (To{1} << 63U) : static_cast<To>(truncate64(x));
    } else {
        return static_cast<To>(truncate32(x));
    }
}

template <class To>
To nearest(double x) {
    if constexpr (std::is_same_v<To, bool>) {
        return x != 0;
    } else {
        using Limits = std::numeric_limits<To>;
        if (std::isnan(x)) return 0;
        if (x <= static_cast<double>(Limits::min())) return Limits::min();
        // The largest 64-bit values are no doubles: rounded up, so that what is below fits.
        if (x >= static_cast<double>(Limits::max())) return Limits::max();
        return static_cast<To>(x);
    }
}

template <class From, class To>
To converted(From x, bool saturates) {
    if constexpr (std::is_floating_point_v<To>) {
        return static_cast<To>(x);
    } else if constexpr (std::is_floating_point_v<From>) {
        return saturates ? nearest<To>(static_cast<double>(x)) : asTorch<To>(static_cast<double>(x));
    } else if constexpr (std::is_same_v<To, bool>) {
        return x != 0;
    } else if constexpr (std::is_same_v<From, bool>) {
        return x ? To{1} : To{0};
    } else {
        if (saturates && std::cmp_less(x, std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
        if (saturates && std::cmp_greater(x, std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
        return static_cast<To>(x);
    }
}

template <class From, class To>
void castAll(const std::uint8_t* src, std::uint8_t* dst, std::size_t n, bool saturates) {
    for (std::size_t i = 0; i < n; ++i) {
        To y{};
        if constexpr (std::is_same_v<From, bool>) {
            y = converted<From, To>(src[i] != 0, saturates);  // a byte of a file may be any value
        } else {
            From x{};
            std::memcpy(&x, src + i * sizeof(From), sizeof(From));
            y = converted<From, To>(x, saturates);
        }
        std::memcpy(dst + i * sizeof(To), &y, sizeof(To));
    }
}

// Calls `use` with a value of the type; does nothing for other types.
template <class Use>
void withType(DType dtype, const Use& use) {
    switch (dtype) {
        case DType::F64:
            return use(double{});
        case DType::F32:
            return use(float{});
        case DType::I64:
            return use(std::int64_t{});
        case DType::I32:
            return use(std::int32_t{});
        case DType::I16:
            return use(std::int16_t{});
        case DType::I8:
            return use(std::int8_t{});
        case DType::U64:
            return use(std::uint64_t{});
        case DType::U32:
            return use(std::uint32_t{});
        case DType::U16:
            return use(std::uint16_t{});
        case DType::U8:
            return use(std::uint8_t{});
        case DType::Bool:
            return use(bool{});
        default:
            return;
    }
}

}  // namespace

bool isInteger(DType dtype) noexcept {
    return dtype >= DType::I64 && dtype <= DType::Bool;
}

void castIntegers(DType from, DType to, const std::uint8_t* src, std::uint8_t* dst, std::size_t n, bool saturates) {
    withType(from, [&]([[maybe_unused]] auto x) {
        withType(to, [&]([[maybe_unused]] auto y) {
            using From = decltype(x);
            using To = decltype(y);
            if constexpr (!(std::is_floating_point_v<From> && std::is_floating_point_v<To>))
                castAll<From, To>(src, dst, n, saturates);
        });
    });
}

}  // namespace plimsoll::kernels
