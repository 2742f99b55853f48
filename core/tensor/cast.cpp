// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/cast.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include <hwy/targets.h>

#include "tensor/cast_integers.h"
#include "tensor/cast_kernels.h"
#include "tensor/float_range.h"

namespace plimsoll {

namespace {

using floatbits::Bf16Nan;

// Small enough to stay in the first-level cache between the two halves of a conversion.
constexpr std::size_t kBlock = 2048;

constexpr bool isWide(DType dtype) noexcept {
    return dtype <= DType::BF16;
}

constexpr bool isF8(DType dtype) noexcept {
    return dtype >= DType::F8_E4M3FN && dtype <= DType::F8_E8M0FNU;
}

std::size_t bytesPer(DType dtype) noexcept {
    return bitWidth(dtype) / 8;
}

// Through f32, as torch does; widening is exact.
void castFromF8(DType from, const std::uint8_t* src, DType to, std::uint8_t* dst, std::size_t n) {
    std::array<std::uint32_t, kBlock> block;
    auto* const floats = reinterpret_cast<std::uint8_t*>(block.data());
    for (std::size_t i = 0; i < n; i += kBlock) {
        const std::size_t count = std::min(kBlock, n - i);
        std::uint8_t* const out = dst + i * bytesPer(to);
        kernels::widenF8(from, src + i, block.data(), count);
        if (to == DType::F32) {
            std::memcpy(out, floats, count * sizeof(float));
        } else {
            kernels::castFloats(DType::F32, to, floats, out, count, Bf16Nan::Canonical);
        }
    }
}

// Source values that overflowed in a cast that was made already.
template <class Code>
void saturateCodes(DType from, const std::uint8_t* src, DType to, std::uint8_t* dst, std::size_t n) {
    constexpr std::size_t kTop = sizeof(Code) * 8 - 1;
    const auto largest = static_cast<Code>(floatRange(to).largestCode);
    const auto size = bytesPer(from);
    for (std::size_t i = 0; i < n; ++i) {
        Code code{};
        std::memcpy(&code, dst + i * sizeof code, sizeof code);
        if (static_cast<Code>(code & ~(Code{1} << kTop)) <= largest) continue;  // finite
        double value = 0;
        const std::span one(reinterpret_cast<std::byte*>(&value), sizeof value);
        static_cast<void>(
            castElements(from, {reinterpret_cast<const std::byte*>(src + i * size), size}, DType::F64, one));
        if (std::isnan(value) || (std::isinf(value) && to != DType::F8_E4M3FN)) continue;
        const auto sign = std::signbit(value) ? static_cast<Code>(Code{1} << kTop) : Code{0};
        code = static_cast<Code>(largest | sign);
        std::memcpy(dst + i * sizeof code, &code, sizeof code);
    }
}

void saturate(DType from, const std::uint8_t* src, DType to, std::uint8_t* dst, std::size_t n) {
    switch (bytesPer(to)) {
        case 4:
            return saturateCodes<std::uint32_t>(from, src, to, dst, n);
        case 2:
            return saturateCodes<std::uint16_t>(from, src, to, dst, n);
        case 1:
            return saturateCodes<std::uint8_t>(from, src, to, dst, n);
        default:
            return;  // f64 holds everything
    }
}

// Small floats and integers meet in f32 or f64, which hold the small float's values exactly; as torch does.
void castByWayOfFloats(DType from, const std::uint8_t* src, DType to, std::uint8_t* dst, std::size_t n,
                       Overflow overflow) {
    const bool saturates = overflow == Overflow::Saturate;
    const bool direct =
        (kernels::isInteger(from) || from <= DType::F32) && (kernels::isInteger(to) || to <= DType::F32);
    if (direct) return kernels::castIntegers(from, to, src, dst, n, saturates);
    std::array<float, kBlock> block;
    const auto bytes = std::as_writable_bytes(std::span(block));
    auto* const floats = reinterpret_cast<std::uint8_t*>(block.data());
    for (std::size_t i = 0; i < n; i += kBlock) {
        const std::size_t count = std::min(kBlock, n - i);
        const auto* const in = src + i * bytesPer(from);
        auto* const out = dst + i * bytesPer(to);
        const auto part = bytes.first(count * sizeof(float));
        if (kernels::isInteger(from)) {
            kernels::castIntegers(from, DType::F32, in, floats, count, saturates);
            static_cast<void>(castElements(DType::F32, part, to,
                                           {reinterpret_cast<std::byte*>(out), count * bytesPer(to)}, overflow));
            continue;
        }
        static_cast<void>(
            castElements(from, {reinterpret_cast<const std::byte*>(in), count * bytesPer(from)}, DType::F32, part));
        // torch turns f16 and fp8 into u32 value by value, by way of 64 bits.
        if ((from == DType::F16 || bytesPer(from) == 1) && to == DType::U32 && !saturates) {
            std::array<std::int64_t, kBlock> wide;
            auto* const integers = reinterpret_cast<std::uint8_t*>(wide.data());
            kernels::castIntegers(DType::F32, DType::I64, floats, integers, count, false);
            kernels::castIntegers(DType::I64, DType::U32, integers, out, count, false);
        } else {
            kernels::castIntegers(DType::F32, to, floats, out, count, saturates);
        }
    }
}

template <std::size_t Width>
void reverseEach(std::span<std::byte> bytes) {
    for (std::size_t i = 0; i + Width <= bytes.size(); i += Width) {
        std::array<std::byte, Width> element;
        std::memcpy(element.data(), &bytes[i], Width);
        std::reverse(element.begin(), element.end());
        std::memcpy(&bytes[i], element.data(), Width);
    }
}

}  // namespace

bool canCast(DType from, DType to) noexcept {
    if (from == to) return true;
    const bool target = isWide(to) || to == DType::F8_E4M3FN || to == DType::F8_E5M2 || kernels::isInteger(to);
    return target && (isWide(from) || isF8(from) || kernels::isInteger(from));
}

Result<void> castElements(DType from, std::span<const std::byte> src, DType to, std::span<std::byte> dst,
                          Overflow overflow) {
    if (!canCast(from, to))
        return fail(Errc::Unsupported,
                    "no conversion from " + std::string(shortName(from)) + " to " + std::string(shortName(to)));
    if (from == to) {
        if (src.size() != dst.size())
            return fail(Errc::OutOfBounds, std::to_string(src.size()) + " bytes do not fit a destination of " +
                                               std::to_string(dst.size()));
        if (!src.empty()) std::memmove(dst.data(), src.data(), src.size());
        return {};
    }
    const std::size_t n = src.size() / bytesPer(from);
    if (src.size() % bytesPer(from) != 0 || dst.size() % bytesPer(to) != 0 || dst.size() / bytesPer(to) != n) {
        return fail(Errc::OutOfBounds, std::to_string(src.size()) + " bytes of " + std::string(shortName(from)) +
                                           " do not fit " + std::to_string(dst.size()) + " bytes of " +
                                           std::string(shortName(to)));
    }
    const auto* const in = reinterpret_cast<const std::uint8_t*>(src.data());
    auto* const out = reinterpret_cast<std::uint8_t*>(dst.data());
    if (kernels::isInteger(from) || kernels::isInteger(to)) {
        castByWayOfFloats(from, in, to, out, n, overflow);
        return {};
    }
    if (isF8(from)) {
        castFromF8(from, in, to, out, n);
    } else {
        // torch's vector loop covers f32 and f64 sources; its f16 to bf16 goes value by value.
        kernels::castFloats(from, to, in, out, n, from == DType::F16 ? Bf16Nan::Canonical : Bf16Nan::AllOnes);
    }
    if (overflow == Overflow::Saturate) saturate(from, in, to, out, n);
    return {};
}

std::string_view castInstructionSet() noexcept {
    const std::int64_t best = hwy::SupportedTargets() & HWY_TARGETS;
    return hwy::TargetName(best & -best);
}

void swapElementBytes(DType dtype, std::span<std::byte> elements) {
    switch (dtype) {
        case DType::C32:
            return reverseEach<2>(elements);
        case DType::C64:
            return reverseEach<4>(elements);
        case DType::C128:
            return reverseEach<8>(elements);
        default:
            break;
    }
    switch (bitWidth(dtype)) {
        case 16:
            return reverseEach<2>(elements);
        case 32:
            return reverseEach<4>(elements);
        case 64:
            return reverseEach<8>(elements);
        default:
            return;
    }
}

}  // namespace plimsoll
