// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/dequantize.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>

#include "tensor/block_bits.h"
#include "tensor/dequantize_grid.h"

namespace plimsoll {

namespace {

using namespace blockbits;

// Calls set(element, nibble) for 32 elements in 16 bytes: the low halves come first.
template <class Set>
void forEachNibble(Block qs, const Set& set) {
    for (std::size_t j = 0; j < 16; ++j) {
        set(j, byteAt(qs, j) & 0xFU);
        set(j + 16, byteAt(qs, j) >> 4U);
    }
}

void q4_0(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    forEachNibble(block + 2, [&](std::size_t i, std::uint32_t q) { out[i] = d * centred(q, 8); });
}

void q4_1(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    const float m = halfAt(block, 2);
    forEachNibble(block + 4, [&](std::size_t i, std::uint32_t q) { out[i] = d * asFloat(q) + m; });
}

void q5_0(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    const auto high = numberAt<std::uint32_t>(block, 2);
    forEachNibble(block + 6,
                  [&](std::size_t i, std::uint32_t q) { out[i] = d * centred(q | ((high >> i & 1U) << 4U), 16); });
}

void q5_1(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    const float m = halfAt(block, 2);
    const auto high = numberAt<std::uint32_t>(block, 4);
    forEachNibble(block + 8,
                  [&](std::size_t i, std::uint32_t q) { out[i] = d * asFloat(q | ((high >> i & 1U) << 4U)) + m; });
}

void q8_0(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    for (std::size_t i = 0; i < 32; ++i) out[i] = d * signedAt(block, 2 + i);
}

void q8_k(Block block, float* out) noexcept {
    const auto d = numberAt<float>(block, 0);
    for (std::size_t i = 0; i < 256; ++i) out[i] = d * signedAt(block, 4 + i);
}

void q2_k(Block block, float* out) noexcept {
    const float d = halfAt(block, 80);
    const float dmin = halfAt(block, 82);
    for (std::size_t i = 0; i < 256; ++i) {
        const std::size_t half = i / 128;
        const std::size_t shift = i % 128 / 32 * 2;
        const std::uint32_t scale = byteAt(block, i / 16);
        const std::uint32_t q = byteAt(block, 16 + half * 32 + i % 32) >> shift & 3U;
        out[i] = d * asFloat(scale & 0xFU) * asFloat(q) - dmin * asFloat(scale >> 4U);
    }
}

void q3_k(Block block, float* out) noexcept {
    const Block masks = block;
    const Block qs = block + 32;
    const Block scales = block + 96;
    const float d = halfAt(block, 108);
    for (std::size_t i = 0; i < 256; ++i) {
        const std::size_t s = i / 16;
        const std::uint32_t low = byteAt(scales, s % 8) >> (s / 8 * 4) & 0xFU;
        const std::uint32_t high = byteAt(scales, 8 + s % 4) >> (s / 4 * 2) & 3U;
        const std::uint32_t q = byteAt(qs, i / 128 * 32 + i % 32) >> (i % 128 / 32 * 2) & 3U;
        const bool set = (byteAt(masks, i % 32) >> (i / 32) & 1U) != 0;
        out[i] = d * centred(low | high << 4U, 32) * centred(q, set ? 0 : 4);
    }
}

struct ScaleAndMin {
    float scale;
    float min;
};

// Of eight groups, six bits each in twelve bytes.
ScaleAndMin scaleAndMin(Block scales, std::size_t group) noexcept {
    if (group < 4) return {asFloat(byteAt(scales, group) & 63U), asFloat(byteAt(scales, group + 4) & 63U)};
    const std::uint32_t low = byteAt(scales, group + 4);
    return {asFloat((low & 0xFU) | (byteAt(scales, group - 4) >> 6U) << 4U),
            asFloat(low >> 4U | (byteAt(scales, group) >> 6U) << 4U)};
}

// q4_k and q5_k; `high` holds the fifth bits, null where there are none.
void groupsOf32(Block block, Block high, Block qs, float* out) noexcept {
    const float d = halfAt(block, 0);
    const float dmin = halfAt(block, 2);
    for (std::size_t group = 0; group < 8; ++group) {
        const auto [scale, min] = scaleAndMin(block + 4, group);
        const float step = d * scale;
        const float offset = dmin * min;
        for (std::size_t l = 0; l < 32; ++l) {
            std::uint32_t q = byteAt(qs, group / 2 * 32 + l) >> (group % 2 * 4) & 0xFU;
            if (high != nullptr) q |= (byteAt(high, l) >> group & 1U) << 4U;
            out[group * 32 + l] = step * asFloat(q) - offset;
        }
    }
}

void q4_k(Block block, float* out) noexcept {
    groupsOf32(block, nullptr, block + 16, out);
}

void q5_k(Block block, float* out) noexcept {
    groupsOf32(block, block + 16, block + 48, out);
}

void q6_k(Block block, float* out) noexcept {
    const float d = halfAt(block, 208);
    for (std::size_t i = 0; i < 256; ++i) {
        const std::size_t half = i / 128;
        const std::size_t quarter = i % 128 / 32;
        const std::uint32_t low = byteAt(block, half * 64 + quarter % 2 * 32 + i % 32) >> (quarter / 2 * 4) & 0xFU;
        const std::uint32_t high = byteAt(block, 128 + half * 32 + i % 32) >> (quarter * 2) & 3U;
        out[i] = d * signedAt(block, 192 + i / 16) * centred(low | high << 4U, 32);
    }
}

constexpr std::array<float, 16> kIq4Values = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
constexpr std::array<float, 16> kFp4Values = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

void iq4_nl(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    forEachNibble(block + 2, [&](std::size_t i, std::uint32_t q) { out[i] = d * kIq4Values[q]; });
}

void iq4_xs(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    const auto scalesHigh = numberAt<std::uint16_t>(block, 2);
    for (std::size_t group = 0; group < 8; ++group) {
        const std::uint32_t low = byteAt(block, 4 + group / 2) >> (group % 2 * 4) & 0xFU;
        const std::uint32_t high = std::uint32_t{scalesHigh} >> (group * 2) & 3U;
        const float step = d * centred(low | high << 4U, 32);
        forEachNibble(block + 8 + group * 16,
                      [&](std::size_t i, std::uint32_t q) { out[group * 32 + i] = step * kIq4Values[q]; });
    }
}

void mxfp4(Block block, float* out) noexcept {
    // Half of a power of two, as the values are twice those of the type.
    const std::uint32_t exponent = byteAt(block, 0);
    const float d = std::bit_cast<float>(exponent < 2 ? 0x00200000U << exponent : (exponent - 1) << 23U);
    forEachNibble(block + 1, [&](std::size_t i, std::uint32_t q) { out[i] = d * kFp4Values[q]; });
}

// Half of an unsigned e4m3 scale, as the values are twice those of the type.
float halfOfE4m3(std::uint32_t bits) noexcept {
    if (bits == 0 || bits == 0x7FU) return 0;
    const std::uint32_t exponent = bits >> 3U & 0xFU;
    const float fraction = asFloat(bits & 7U);
    return 0.5F * (exponent == 0 ? std::ldexp(fraction, -9)
                                 : std::ldexp(1.0F + fraction / 8.0F, static_cast<int>(exponent) - 7));
}

void nvfp4(Block block, float* out) noexcept {
    for (std::size_t group = 0; group < 4; ++group) {
        const float d = halfOfE4m3(byteAt(block, group));
        for (std::size_t i = 0; i < 8; ++i) {
            const std::uint32_t both = byteAt(block, 4 + group * 8 + i);
            out[group * 16 + i] = d * kFp4Values[both & 0xFU];
            out[group * 16 + 8 + i] = d * kFp4Values[both >> 4U];
        }
    }
}

// Five values from 0 to 2 in a byte, most significant first, as the digits of a fraction to base 3.
float ternary(std::uint32_t byte, std::uint32_t power) noexcept {
    return centred(((byte * power) & 0xFFU) * 3 >> 8U, 1);
}

void tq1_0(Block block, float* out) noexcept {
    const float d = halfAt(block, 52);
    constexpr std::array<std::uint32_t, 5> kPowers = {1, 3, 9, 27, 81};
    const auto run = [&](std::size_t first, std::size_t bytes, std::size_t digits) {
        for (std::size_t digit = 0; digit < digits; ++digit)
            for (std::size_t i = 0; i < bytes; ++i) *out++ = d * ternary(byteAt(block, first + i), kPowers[digit]);
    };
    run(0, 32, 5);
    run(32, 16, 5);
    run(48, 4, 4);
}

void tq2_0(Block block, float* out) noexcept {
    const float d = halfAt(block, 64);
    for (std::size_t i = 0; i < 256; ++i) {
        const std::uint32_t packed = byteAt(block, i / 128 * 32 + i % 32);
        out[i] = d * centred(packed >> (i % 128 / 32 * 2) & 3U, 1);
    }
}

void q1_0(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    for (std::size_t i = 0; i < 128; ++i) out[i] = (byteAt(block, 2 + i / 8) >> (i % 8) & 1U) != 0 ? d : -d;
}

Kernel kernelOf(DType dtype) noexcept {
    switch (dtype) {
        case DType::Q4_0:
            return q4_0;
        case DType::Q4_1:
            return q4_1;
        case DType::Q5_0:
            return q5_0;
        case DType::Q5_1:
            return q5_1;
        case DType::Q8_0:
            return q8_0;
        case DType::Q2_K:
            return q2_k;
        case DType::Q3_K:
            return q3_k;
        case DType::Q4_K:
            return q4_k;
        case DType::Q5_K:
            return q5_k;
        case DType::Q6_K:
            return q6_k;
        case DType::Q8_K:
            return q8_k;
        case DType::IQ4_NL:
            return iq4_nl;
        case DType::IQ4_XS:
            return iq4_xs;
        case DType::MXFP4:
            return mxfp4;
        case DType::NVFP4:
            return nvfp4;
        case DType::TQ1_0:
            return tq1_0;
        case DType::TQ2_0:
            return tq2_0;
        case DType::Q1_0:
            return q1_0;
        default:
            return gridKernelOf(dtype);
    }
}

}  // namespace

DType valueType(DType dtype) noexcept {
    return isQuantizedBlock(dtype) ? DType::F32 : dtype;
}

bool isQuantizedBlock(DType dtype) noexcept {
    return kernelOf(dtype) != nullptr;
}

Result<void> dequantizeBlocks(DType dtype, std::span<const std::byte> blocks, std::span<float> values) {
    const Kernel kernel = kernelOf(dtype);
    if (kernel == nullptr)
        return fail(Errc::Unsupported, "no values of " + std::string(shortName(dtype)) + " are known");
    const BlockShape shape = blockShape(dtype);
    if (blocks.size() % shape.bytes != 0 || values.size() / shape.elements != blocks.size() / shape.bytes ||
        values.size() % shape.elements != 0)
        return fail(Errc::OutOfBounds, std::to_string(blocks.size()) + " bytes of " + std::string(shortName(dtype)) +
                                           " do not give " + std::to_string(values.size()) + " values");
    for (std::size_t i = 0; i * shape.bytes < blocks.size(); ++i)
        kernel(blocks.data() + i * shape.bytes, values.data() + i * shape.elements);
    return {};
}

}  // namespace plimsoll
