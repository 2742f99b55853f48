// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/dequantize_grid.h"

#include <array>

#include "tensor/iq_grids.h"

namespace plimsoll {

namespace {

using namespace blockbits;
using namespace iqgrid;

constexpr std::array<float, 4> kIq1Values = {-1, 0, 1, 0};
constexpr std::array<float, 4> kIq2Values = {8, 25, 43, 0};
constexpr std::array<float, 16> kIq3XxsValues = {4, 12, 20, 28, 36, 44, 52, 62};
constexpr std::array<float, 16> kIq3SValues = {1, 3, 5, 7, 9, 11, 13, 15};

float signOf(std::uint32_t signs, std::size_t i) noexcept {
    return (signs >> i & 1U) != 0 ? -1.0F : 1.0F;
}

// Seven signs; the eighth makes the count of minuses even.
std::uint32_t evenSigns(std::uint32_t seven) noexcept {
    return seven | (static_cast<std::uint32_t>(std::popcount(seven)) & 1U) << 7U;
}

std::uint32_t nibbleAt(Block block, std::size_t i) noexcept {
    return byteAt(block, i / 2) >> (i % 2 * 4) & 0xFU;
}

void eightOfIq2(float step, std::uint32_t point, std::uint32_t signs, float* out) noexcept {
    for (std::size_t i = 0; i < 8; ++i) out[i] = step * kIq2Values[point >> (i * 2) & 3U] * signOf(signs, i);
}

void eightOfIq3(float step, const std::array<float, 16>& values, std::array<std::uint16_t, 2> points,
                std::uint32_t signs, float* out) noexcept {
    for (std::size_t i = 0; i < 8; ++i)
        out[i] = step * values[std::uint32_t{points[i / 4]} >> (i % 4 * 4) & 0xFU] * signOf(signs, i);
}

void eightOfIq1(float step, std::uint32_t point, bool minus, float* out) noexcept {
    const float delta = minus ? -0.125F : 0.125F;
    for (std::size_t i = 0; i < 8; ++i) out[i] = step * (kIq1Values[point >> (i * 2) & 3U] + delta);
}

void iq2_xxs(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    for (std::size_t group = 0; group < 8; ++group) {
        const Block points = block + 2 + group * 8;
        const auto signs = numberAt<std::uint32_t>(points, 4);
        const float step = d * (0.5F + asFloat(signs >> 28U)) * 0.25F;
        for (std::size_t i = 0; i < 4; ++i)
            eightOfIq2(step, kIq2XxsGrid[byteAt(points, i)], evenSigns(signs >> (i * 7) & 0x7FU),
                       out + group * 32 + i * 8);
    }
}

void iq2_xs(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    for (std::size_t i = 0; i < 32; ++i) {
        const std::uint32_t q = numberAt<std::uint16_t>(block, 2 + i * 2);
        const float step = d * (0.5F + asFloat(nibbleAt(block + 66, i / 2))) * 0.25F;
        eightOfIq2(step, kIq2XsGrid[q & 0x1FFU], evenSigns(q >> 9U), out + i * 8);
    }
}

void iq2_s(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    for (std::size_t i = 0; i < 32; ++i) {
        const std::uint32_t high = byteAt(block, 66 + i / 4) >> (i % 4 * 2) & 3U;
        const float step = d * (0.5F + asFloat(nibbleAt(block + 74, i / 2))) * 0.25F;
        eightOfIq2(step, kIq2SGrid[byteAt(block, 2 + i) | high << 8U], byteAt(block, 34 + i), out + i * 8);
    }
}

void iq3_xxs(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    for (std::size_t group = 0; group < 8; ++group) {
        const auto signs = numberAt<std::uint32_t>(block, 66 + group * 4);
        const float step = d * (0.5F + asFloat(signs >> 28U)) * 0.5F;
        for (std::size_t i = 0; i < 4; ++i) {
            const Block points = block + 2 + group * 8 + i * 2;
            eightOfIq3(step, kIq3XxsValues, {kIq3XxsGrid[byteAt(points, 0)], kIq3XxsGrid[byteAt(points, 1)]},
                       evenSigns(signs >> (i * 7) & 0x7FU), out + group * 32 + i * 8);
        }
    }
}

void iq3_s(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    const auto pointAt = [&](std::size_t i) {
        return kIq3SGrid[byteAt(block, 2 + i) | (byteAt(block, 66 + i / 8) >> (i % 8) & 1U) << 8U];
    };
    for (std::size_t i = 0; i < 32; ++i) {
        const float step = d * asFloat(1 + 2 * nibbleAt(block + 106, i / 4));
        eightOfIq3(step, kIq3SValues, {pointAt(i * 2), pointAt(i * 2 + 1)}, byteAt(block, 74 + i), out + i * 8);
    }
}

void iq1_s(Block block, float* out) noexcept {
    const float d = halfAt(block, 0);
    for (std::size_t group = 0; group < 8; ++group) {
        const std::uint32_t high = numberAt<std::uint16_t>(block, 34 + group * 2);
        const float step = d * asFloat(2 * (high >> 12U & 7U) + 1);
        for (std::size_t i = 0; i < 4; ++i) {
            const std::uint32_t point = byteAt(block, 2 + group * 4 + i) | (high >> (i * 3) & 7U) << 8U;
            eightOfIq1(step, kIq1Grid[point], (high & 0x8000U) != 0, out + group * 32 + i * 8);
        }
    }
}

void iq1_m(Block block, float* out) noexcept {
    const auto scalesAt = [&](std::size_t i) { return std::uint32_t{numberAt<std::uint16_t>(block, 48 + i * 2)}; };
    // The block's own scale lies in the upper four bits of each group of scales.
    std::uint32_t half = 0;
    for (std::size_t i = 0; i < 4; ++i) half |= scalesAt(i) >> 12U << (i * 4);
    const float d = std::bit_cast<float>(floatbits::f32FromF16(static_cast<std::uint16_t>(half)));
    for (std::size_t i = 0; i < 32; ++i) {
        const std::uint32_t high = nibbleAt(block + 32, i);
        const float step = d * asFloat(2 * (scalesAt(i / 8) >> (i / 2 % 4 * 3) & 7U) + 1);
        eightOfIq1(step, kIq1Grid[byteAt(block, i) | (high & 7U) << 8U], (high & 8U) != 0, out + i * 8);
    }
}

}  // namespace

blockbits::Kernel gridKernelOf(DType dtype) noexcept {
    switch (dtype) {
        case DType::IQ1_S:
            return iq1_s;
        case DType::IQ1_M:
            return iq1_m;
        case DType::IQ2_XXS:
            return iq2_xxs;
        case DType::IQ2_XS:
            return iq2_xs;
        case DType::IQ2_S:
            return iq2_s;
        case DType::IQ3_XXS:
            return iq3_xxs;
        case DType::IQ3_S:
            return iq3_s;
        default:
            return nullptr;
    }
}

}  // namespace plimsoll
