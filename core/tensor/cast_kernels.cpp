// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled once per instruction set: foreach_target.h includes this file again for each.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/cast_kernels.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, so that it is expanded for each target.
#include <hwy/highway.h>

#include <bit>
#include <cstring>

#include "tensor/cast_kernels.h"
#include "tensor/float_bits.h"

#ifndef PLIMSOLL_CAST_KERNELS_ONCE
#define PLIMSOLL_CAST_KERNELS_ONCE
namespace plimsoll::kernels {

// One value, for the ends that do not fill a vector: to f32 bits.
template <DType From>
inline std::uint32_t loadOne(const std::uint8_t* src) {
    if constexpr (From == DType::F64) {
        double value = 0;
        std::memcpy(&value, src, sizeof value);
        return std::bit_cast<std::uint32_t>(static_cast<float>(value));
    } else if constexpr (From == DType::F32) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, src, sizeof bits);
        return bits;
    } else {
        std::uint16_t bits = 0;
        std::memcpy(&bits, src, sizeof bits);
        return From == DType::F16 ? floatbits::f32FromF16(bits) : floatbits::f32FromBf16(bits);
    }
}

template <DType To>
inline void storeOne(std::uint32_t bits, std::uint8_t* dst, floatbits::Bf16Nan nan) {
    if constexpr (To == DType::F64) {
        const auto value = static_cast<double>(std::bit_cast<float>(bits));
        std::memcpy(dst, &value, sizeof value);
    } else if constexpr (To == DType::F32) {
        std::memcpy(dst, &bits, sizeof bits);
    } else if constexpr (To == DType::F8_E4M3FN) {
        *dst = floatbits::f8E4m3fnFromF32(bits);
    } else if constexpr (To == DType::F8_E5M2) {
        *dst = floatbits::f8E5m2FromF32(bits);
    } else {
        const std::uint16_t half = To == DType::F16 ? floatbits::f16FromF32(bits) : floatbits::bf16FromF32(bits, nan);
        std::memcpy(dst, &half, sizeof half);
    }
}

constexpr std::size_t bytesOf(DType dtype) {
    return dtype == DType::F64 ? 8 : dtype == DType::F32 ? 4 : dtype <= DType::BF16 ? 2 : 1;
}

}  // namespace plimsoll::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace plimsoll::kernels::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128

namespace hn = hwy::HWY_NAMESPACE;

using DF = hn::ScalableTag<float>;
using DU = hn::RebindToUnsigned<DF>;
using DI = hn::RebindToSigned<DF>;
using DH = hn::Rebind<std::uint16_t, DF>;  // as many lanes as DF, half the bytes
using DB = hn::Rebind<std::uint8_t, DF>;
using DW = hn::Repartition<std::uint16_t, DF>;  // as many bytes as DF, twice the lanes
using DD = hn::Repartition<double, DF>;

// Highway's own f16 conversions truncate and know no infinities where the machine has no instruction for them.
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
#define PLIMSOLL_HAS_F16C 1
#else
#define PLIMSOLL_HAS_F16C 0
#endif

// Bytes have no alignment that could be wrong.
template <class D>
HWY_INLINE hn::Vec<D> loadAs(D d, const std::uint8_t* src) {
    return hn::BitCast(d, hn::LoadU(hn::Repartition<std::uint8_t, D>(), src));
}

template <class D, class V>
HWY_INLINE void storeAs(D, V v, std::uint8_t* dst) {
    const hn::Repartition<std::uint8_t, D> d8;
    hn::StoreU(hn::BitCast(d8, v), d8, dst);
}

HWY_INLINE hn::Vec<DF> widenF16(hn::Vec<DH> halves) {
#if PLIMSOLL_HAS_F16C
    return hn::PromoteTo(DF(), hn::BitCast(hn::Rebind<hwy::float16_t, DF>(), halves));
#else
    const DU du;
    const DF df;
    const auto h = hn::PromoteTo(du, halves);
    const auto sign = hn::ShiftLeft<16>(hn::And(h, hn::Set(du, 0x8000U)));
    const auto code = hn::And(h, hn::Set(du, 0x7FFFU));
    const auto shifted = hn::ShiftLeft<13>(code);
    const auto normal = hn::Add(shifted, hn::Set(du, 112U << 23U));
    const auto special = hn::Or(shifted, hn::Set(du, floatbits::kInfinity32));
    const auto quiet = hn::Or(special, hn::Set(du, floatbits::kQuietBit32));
    const auto tiny = hn::BitCast(du, hn::Mul(hn::ConvertTo(df, hn::BitCast(DI(), code)), hn::Set(df, 0x1p-24F)));
    auto bits = hn::IfThenElse(hn::Lt(code, hn::Set(du, 0x400U)), tiny, normal);
    bits = hn::IfThenElse(hn::Eq(code, hn::Set(du, 0x7C00U)), special, bits);
    bits = hn::IfThenElse(hn::Gt(code, hn::Set(du, 0x7C00U)), quiet, bits);
    return hn::BitCast(df, hn::Or(bits, sign));
#endif
}

// Codes of a float type with `Mantissa` fraction bits and exponent bias `Bias`, rounded to nearest even; beyond the
// type's range for large magnitudes, infinities and NaN: the caller clamps.
template <int Mantissa, int Bias>
HWY_INLINE hn::Vec<DU> narrowMagnitude(hn::Vec<DU> magnitude) {
    constexpr int kDrop = 23 - Mantissa;
    constexpr std::uint32_t kSmallestNormal = static_cast<std::uint32_t>(128 - Bias) << 23U;
    // The power of two whose last place is the smallest subnormal: adding it rounds.
    constexpr std::uint32_t kRounder = static_cast<std::uint32_t>(127 + 24 - Bias - Mantissa) << 23U;
    const DU du;
    const DF df;
    const auto odd = hn::And(hn::ShiftRight<kDrop>(magnitude), hn::Set(du, 1U));
    const auto rebased = hn::Sub(magnitude, hn::Set(du, static_cast<std::uint32_t>(127 - Bias) << 23U));
    const auto half = hn::Set(du, (1U << static_cast<unsigned>(kDrop - 1)) - 1U);
    const auto normal = hn::ShiftRight<kDrop>(hn::Add(hn::Add(rebased, half), odd));
    const auto rounder = hn::Set(du, kRounder);
    const auto sum = hn::Add(hn::BitCast(df, magnitude), hn::BitCast(df, rounder));
    const auto tiny = hn::Sub(hn::BitCast(du, sum), rounder);
    return hn::IfThenElse(hn::Lt(magnitude, hn::Set(du, kSmallestNormal)), tiny, normal);
}

#if !PLIMSOLL_HAS_F16C
// The f16 code in the lower half of each lane, zeros above.
HWY_INLINE hn::Vec<DU> narrowF16(hn::Vec<DF> v) {
    const DU du;
    const auto bits = hn::BitCast(du, v);
    const auto sign = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 0x8000U));
    const auto magnitude = hn::And(bits, hn::Set(du, 0x7FFFFFFFU));
    const auto nan = hn::Or(hn::Set(du, 0x7E00U), hn::And(hn::ShiftRight<13>(magnitude), hn::Set(du, 0x3FFU)));
    const auto finite = hn::Min(narrowMagnitude<10, 15>(magnitude), hn::Set(du, 0x7C00U));
    const auto isNan = hn::Gt(magnitude, hn::Set(du, floatbits::kInfinity32));
    return hn::Or(hn::IfThenElse(isNan, nan, finite), sign);
}
#endif

// The 8-bit code in the lowest byte of each lane, zeros above.
template <DType To>
HWY_INLINE hn::Vec<DU> narrowF8(hn::Vec<DF> v) {
    const DU du;
    const auto bits = hn::BitCast(du, v);
    const auto sign = hn::And(hn::ShiftRight<24>(bits), hn::Set(du, 0x80U));
    const auto magnitude = hn::And(bits, hn::Set(du, 0x7FFFFFFFU));
    if constexpr (To == DType::F8_E4M3FN) {
        return hn::Or(hn::Min(narrowMagnitude<3, 7>(magnitude), hn::Set(du, 0x7FU)), sign);
    } else {
        const auto finite = hn::Min(narrowMagnitude<2, 15>(magnitude), hn::Set(du, 0x7CU));
        const auto isNan = hn::Gt(magnitude, hn::Set(du, floatbits::kInfinity32));
        return hn::Or(hn::IfThenElse(isNan, hn::Set(du, 0x7FU), finite), sign);
    }
}

// The bf16 code in the upper half of each lane, anything below.
HWY_INLINE hn::Vec<DU> narrowBf16(hn::Vec<DF> v, hn::Vec<DU> nanBits) {
    const DU du;
    const auto bits = hn::BitCast(du, v);
    const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1U));
    const auto rounded = hn::Add(hn::Add(bits, hn::Set(du, 0x7FFFU)), odd);
    const auto isNan = hn::RebindMask(du, hn::IsNaN(v));
    return hn::IfThenElse(isNan, nanBits, rounded);
}

// Lanes(DF) elements of `From` as f32.
template <DType From>
HWY_INLINE hn::Vec<DF> loadFloats(const std::uint8_t* src) {
    const DF df;
    if constexpr (From == DType::F32) {
        return loadAs(df, src);
    } else if constexpr (From == DType::F16) {
        return widenF16(loadAs(DH(), src));
    } else if constexpr (From == DType::BF16) {
        return hn::BitCast(df, hn::ShiftLeft<16>(hn::PromoteTo(DU(), loadAs(DH(), src))));
    } else {
        const DD dd;
        const hn::Half<DF> half;
        const auto lower = hn::DemoteTo(half, loadAs(dd, src));
        const auto upper = hn::DemoteTo(half, loadAs(dd, src + hn::Lanes(dd) * sizeof(double)));
        return hn::Combine(df, upper, lower);
    }
}

HWY_INLINE void storeDoubles(hn::Vec<DF> v, std::uint8_t* dst) {
    const DD dd;
    const hn::Half<DF> half;
    storeAs(dd, hn::PromoteTo(dd, hn::LowerHalf(half, v)), dst);
    storeAs(dd, hn::PromoteTo(dd, hn::UpperHalf(half, v)), dst + hn::Lanes(dd) * sizeof(double));
}

// Two vectors of f32 as 2 * Lanes(DF) elements of `To`.
template <DType To>
HWY_INLINE void storeFloats(hn::Vec<DF> a, hn::Vec<DF> b, std::uint8_t* dst, hn::Vec<DU> nanBits) {
    const DF df;
    const std::size_t lanes = hn::Lanes(df);
    if constexpr (To == DType::F32) {
        storeAs(df, a, dst);
        storeAs(df, b, dst + lanes * sizeof(float));
    } else if constexpr (To == DType::F64) {
        storeDoubles(a, dst);
        storeDoubles(b, dst + lanes * sizeof(double));
    } else if constexpr (To == DType::F16) {
#if PLIMSOLL_HAS_F16C
        const hn::Rebind<hwy::float16_t, DF> dh;
        storeAs(dh, hn::DemoteTo(dh, a), dst);
        storeAs(dh, hn::DemoteTo(dh, b), dst + lanes * sizeof(std::uint16_t));
#else
        const DW dw;
        storeAs(dw, hn::ConcatEven(dw, hn::BitCast(dw, narrowF16(b)), hn::BitCast(dw, narrowF16(a))), dst);
#endif
    } else if constexpr (To == DType::F8_E4M3FN || To == DType::F8_E5M2) {
        const DB db;
        storeAs(db, hn::DemoteTo(db, hn::BitCast(DI(), narrowF8<To>(a))), dst);
        storeAs(db, hn::DemoteTo(db, hn::BitCast(DI(), narrowF8<To>(b))), dst + lanes);
    } else {
        const DW dw;
        const auto upper = hn::BitCast(dw, narrowBf16(b, nanBits));
        const auto lower = hn::BitCast(dw, narrowBf16(a, nanBits));
        storeAs(dw, hn::ConcatOdd(dw, upper, lower), dst);
    }
}

template <DType From, DType To>
HWY_INLINE std::size_t castVectors(const std::uint8_t* src, std::uint8_t* dst, std::size_t n, floatbits::Bf16Nan nan) {
    const std::size_t lanes = hn::Lanes(DF());
    const auto nanBits = hn::Set(DU(), nan == floatbits::Bf16Nan::AllOnes ? 0xFFFFFFFFU : 0x7FC00000U);
    std::size_t i = 0;
    for (; i + 2 * lanes <= n; i += 2 * lanes) {
        const auto a = loadFloats<From>(src + i * bytesOf(From));
        const auto b = loadFloats<From>(src + (i + lanes) * bytesOf(From));
        storeFloats<To>(a, b, dst + i * bytesOf(To), nanBits);
    }
    return i;
}

#undef PLIMSOLL_HAS_F16C

#else

template <DType From, DType To>
HWY_INLINE std::size_t castVectors(const std::uint8_t*, std::uint8_t*, std::size_t, floatbits::Bf16Nan) {
    return 0;
}

#endif

template <DType From, DType To>
HWY_NOINLINE void castPair(const std::uint8_t* src, std::uint8_t* dst, std::size_t n, floatbits::Bf16Nan nan) {
    for (std::size_t i = castVectors<From, To>(src, dst, n, nan); i < n; ++i)
        storeOne<To>(loadOne<From>(src + i * bytesOf(From)), dst + i * bytesOf(To), nan);
}

template <DType From>
void castFrom(DType to, const std::uint8_t* src, std::uint8_t* dst, std::size_t n, floatbits::Bf16Nan nan) {
    switch (to) {
        case DType::F64:
            return castPair<From, DType::F64>(src, dst, n, nan);
        case DType::F32:
            return castPair<From, DType::F32>(src, dst, n, nan);
        case DType::F16:
            return castPair<From, DType::F16>(src, dst, n, nan);
        case DType::BF16:
            return castPair<From, DType::BF16>(src, dst, n, nan);
        case DType::F8_E4M3FN:
            return castPair<From, DType::F8_E4M3FN>(src, dst, n, nan);
        case DType::F8_E5M2:
            return castPair<From, DType::F8_E5M2>(src, dst, n, nan);
        default:
            return;
    }
}

void castAny(DType from, DType to, const std::uint8_t* src, std::uint8_t* dst, std::size_t n, floatbits::Bf16Nan nan) {
    switch (from) {
        case DType::F64:
            return castFrom<DType::F64>(to, src, dst, n, nan);
        case DType::F32:
            return castFrom<DType::F32>(to, src, dst, n, nan);
        case DType::F16:
            return castFrom<DType::F16>(to, src, dst, n, nan);
        case DType::BF16:
            return castFrom<DType::BF16>(to, src, dst, n, nan);
        default:
            return;
    }
}

}  // namespace plimsoll::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace plimsoll::kernels {

HWY_EXPORT(castAny);

void castFloats(DType from, DType to, const std::uint8_t* src, std::uint8_t* dst, std::size_t n,
                floatbits::Bf16Nan nan) {
    HWY_DYNAMIC_DISPATCH(castAny)(from, to, src, dst, n, nan);
}

}  // namespace plimsoll::kernels
#endif
