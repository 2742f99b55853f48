// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/difference.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "tensor/widen.h"

namespace plimsoll {

namespace {

std::size_t elementBytes(DType dtype) noexcept {
    return bitWidth(dtype) / 8;
}

bool isWideInteger(DType dtype) noexcept {
    return dtype == DType::I64 || dtype == DType::U64;
}

// Exact: a long double of this platform holds 64 bits.
static_assert(std::numeric_limits<long double>::digits >= 64);

long double wideInteger(DType dtype, std::span<const std::byte> element) noexcept {
    std::uint64_t bits = 0;
    std::memcpy(&bits, element.data(), sizeof bits);
    return dtype == DType::U64 ? static_cast<long double>(bits)
                               : static_cast<long double>(static_cast<std::int64_t>(bits));
}

}  // namespace

bool canCompare(DType left, DType right) noexcept {
    const auto a = compositionOf(left);
    const auto b = compositionOf(right);
    return a.value != DType::Opaque && b.value != DType::Opaque && a.parts == b.parts;
}

ElementComparison::ElementComparison(DType left, DType right)
    : left_(left), right_(right), parts_(compositionOf(left).parts), byBits_(left == right && left != DType::Bool) {}

Result<void> ElementComparison::add(std::span<const std::byte> left, std::span<const std::byte> right,
                                    DifferenceSums& sums) {
    const std::size_t width = elementBytes(left_);
    const std::size_t count = left.size() / width;
    if (left.size() != count * width || right.size() != count * elementBytes(right_))
        return fail(Errc::OutOfBounds, "blocks of unlike length are compared");
    sums.counts_.elements += count;
    if (left_ == right_ && std::ranges::equal(left, right)) return {};
    if (left_ == right_ && isWideInteger(left_)) {
        addIntegers(left, right, sums);
        return {};
    }
    leftValues_.resize(count * parts_);
    rightValues_.resize(count * parts_);
    TRY_VOID(widenToDouble(compositionOf(left_).value, left, leftValues_));
    TRY_VOID(widenToDouble(compositionOf(right_).value, right, rightValues_));
    for (std::size_t i = 0; i < count; ++i)
        if (!byBits_ || std::memcmp(&left[i * width], &right[i * width], width) != 0) addElement(i, sums);
    return {};
}

// Elements of one type are known to differ; of two types it is seen here.
void ElementComparison::addElement(std::size_t index, DifferenceSums& sums) const noexcept {
    const auto a = std::span(leftValues_).subspan(index * parts_, parts_);
    const auto b = std::span(rightValues_).subspan(index * parts_, parts_);
    bool nanLeft = false;
    bool nanRight = false;
    bool equal = true;
    for (std::size_t part = 0; part < parts_; ++part) {
        nanLeft = nanLeft || std::isnan(a[part]);
        nanRight = nanRight || std::isnan(b[part]);
        equal = equal && a[part] == b[part];
    }
    if (nanLeft || nanRight) {
        if (byBits_ || nanLeft != nanRight) ++sums.counts_.differing;
        if (!nanRight) ++sums.counts_.nanOnlyLeft;
        if (!nanLeft) ++sums.counts_.nanOnlyRight;
        return;
    }
    if (!byBits_ && equal) return;
    ++sums.counts_.differing;
    // An infinity less itself is no number.
    if (equal) return;
    if (parts_ == 1) return sums.addMagnitude(std::fabs(a[0] - b[0]), std::max(std::fabs(a[0]), std::fabs(b[0])));
    sums.addMagnitude(std::hypot(a[0] - b[0], a[1] - b[1]), std::max(std::hypot(a[0], a[1]), std::hypot(b[0], b[1])));
}

void ElementComparison::addIntegers(std::span<const std::byte> left, std::span<const std::byte> right,
                                    DifferenceSums& sums) const noexcept {
    constexpr std::size_t kWidth = sizeof(std::uint64_t);
    for (std::size_t at = 0; at < left.size(); at += kWidth) {
        const long double a = wideInteger(left_, left.subspan(at, kWidth));
        const long double b = wideInteger(right_, right.subspan(at, kWidth));
        if (a == b) continue;
        ++sums.counts_.differing;
        sums.addMagnitude(std::fabs(a - b), std::max(std::fabs(a), std::fabs(b)));
    }
}

void DifferenceSums::addMagnitude(long double distance, long double larger) noexcept {
    const bool finite = std::isfinite(larger);
    const double rel = finite ? static_cast<double>(distance / larger) : std::numeric_limits<double>::infinity();
    counts_.maxAbs = std::max(counts_.maxAbs, static_cast<double>(distance));
    counts_.maxRel = std::max(counts_.maxRel, rel);
    if (finite) squares_ += distance * distance;
}

void DifferenceSums::merge(const DifferenceSums& other) noexcept {
    counts_.elements += other.counts_.elements;
    counts_.differing += other.counts_.differing;
    counts_.nanOnlyLeft += other.counts_.nanOnlyLeft;
    counts_.nanOnlyRight += other.counts_.nanOnlyRight;
    counts_.maxAbs = std::max(counts_.maxAbs, other.counts_.maxAbs);
    counts_.maxRel = std::max(counts_.maxRel, other.counts_.maxRel);
    squares_ += other.squares_;
}

Difference DifferenceSums::result() const noexcept {
    Difference result = counts_;
    if (result.elements > 0)
        result.rms = static_cast<double>(std::sqrt(squares_ / static_cast<long double>(result.elements)));
    return result;
}

}  // namespace plimsoll
