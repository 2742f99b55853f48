// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/widen.h"

#include <cstring>

#include "tensor/cast.h"

namespace plimsoll {

namespace {

template <class T>
void widenIntegers(std::span<const std::byte> src, std::span<double> dst) {
    for (std::size_t i = 0; i < dst.size(); ++i) {
        T value{};
        std::memcpy(&value, &src[i * sizeof(T)], sizeof(T));
        dst[i] = static_cast<double>(value);
    }
}

// Any byte other than 0 is true, as torch reads it.
void widenBools(std::span<const std::byte> src, std::span<double> dst) {
    for (std::size_t i = 0; i < dst.size(); ++i) dst[i] = src[i] == std::byte{0} ? 0 : 1;
}

}  // namespace

Composition compositionOf(DType dtype) noexcept {
    switch (dtype) {
        case DType::C32:
            return {DType::F16, 2};
        case DType::C64:
            return {DType::F32, 2};
        case DType::C128:
            return {DType::F64, 2};
        case DType::QI8:
            return {DType::I8, 1};
        case DType::QU8:
            return {DType::U8, 1};
        case DType::QI32:
            return {DType::I32, 1};
        case DType::F4_E2M1FN_X2:
        case DType::QU4X2:
        case DType::QU2X4:
        case DType::F4:
        case DType::F6_E2M3:
        case DType::F6_E3M2:
        case DType::Opaque:
            return {DType::Opaque, 1};
        default:
            return {bitWidth(dtype) == 0 ? DType::Opaque : dtype, 1};
    }
}

Result<void> widenToDouble(DType value, std::span<const std::byte> src, std::span<double> dst) {
    switch (value) {
        case DType::I64:
            widenIntegers<std::int64_t>(src, dst);
            return {};
        case DType::I32:
            widenIntegers<std::int32_t>(src, dst);
            return {};
        case DType::I16:
            widenIntegers<std::int16_t>(src, dst);
            return {};
        case DType::I8:
            widenIntegers<std::int8_t>(src, dst);
            return {};
        case DType::U64:
            widenIntegers<std::uint64_t>(src, dst);
            return {};
        case DType::U32:
            widenIntegers<std::uint32_t>(src, dst);
            return {};
        case DType::U16:
            widenIntegers<std::uint16_t>(src, dst);
            return {};
        case DType::U8:
            widenIntegers<std::uint8_t>(src, dst);
            return {};
        case DType::Bool:
            widenBools(src, dst);
            return {};
        default:
            return castElements(value, src, DType::F64, std::as_writable_bytes(dst));
    }
}

}  // namespace plimsoll
