// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/stats.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "tensor/cast.h"
#include "tensor/stats_block.h"

namespace plimsoll {

namespace {

// Values that are summed before their mean and deviation join the running ones.
constexpr std::size_t kBlock = 2048;

// What an element is made of: `parts` values of type `value`.
struct Composition {
    DType value = DType::Opaque;
    std::uint32_t parts = 1;
};

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

Result<void> widen(DType value, std::span<const std::byte> src, std::span<double> dst) {
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

}  // namespace

Result<void> StatsAccumulator::add(std::span<const std::byte> elements) {
    const Composition composition = compositionOf(dtype_);
    if (composition.value == DType::Opaque)
        return fail(Errc::Unsupported, "no statistics of " + std::string(shortName(dtype_)) + " values");
    const std::size_t width = bitWidth(composition.value) / 8;
    if (elements.size() % (width * composition.parts) != 0)
        return fail(Errc::OutOfBounds, std::to_string(elements.size()) + " bytes are no whole number of " +
                                           std::string(shortName(dtype_)) + " elements");
    std::array<double, kBlock> block;
    while (!elements.empty()) {
        const std::size_t count = std::min(kBlock, elements.size() / width);
        const std::span<double> values = std::span(block).first(count);
        TRY_VOID(widen(composition.value, elements.first(count * width), values));
        merge(summarizeBlock(values, composition.value == DType::F64));
        elements = elements.subspan(count * width);
    }
    return {};
}

void StatsAccumulator::merge(const BlockSummary& block) {
    sums_.count += block.count;
    sums_.nan += block.nan;
    sums_.inf += block.inf;
    sums_.zero += block.zero;
    const std::uint64_t added = block.count - block.nan - block.inf;
    if (added == 0) return;
    sums_.min = finite_ == 0 ? block.min : std::min(sums_.min, block.min);
    sums_.max = finite_ == 0 ? block.max : std::max(sums_.max, block.max);
    // Chan, Golub and LeVeque: the deviation of a union from those of its parts.
    const auto old = static_cast<long double>(finite_);
    const auto fresh = static_cast<long double>(added);
    const long double delta = block.mean - mean_;
    mean_ += delta * (fresh / (old + fresh));
    m2_ += block.m2 + delta * delta * (old * fresh / (old + fresh));
    finite_ += added;
}

TensorStats StatsAccumulator::result() const {
    TensorStats stats = sums_;
    if (finite_ == 0) return stats;
    stats.mean = static_cast<double>(mean_);
    stats.stddev = static_cast<double>(std::sqrt(m2_ / static_cast<long double>(finite_)));
    return stats;
}

}  // namespace plimsoll
