// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/layout.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>

#include "base/checked.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kMaxElements = std::numeric_limits<std::int64_t>::max();

std::string listOf(std::span<const std::uint64_t> values) {
    std::string text = "[";
    for (const std::uint64_t value : values) text += (text.size() > 1 ? ", " : "") + std::to_string(value);
    return text + "]";
}

}  // namespace

Result<std::uint64_t> elementCount(std::span<const std::uint64_t> shape) {
    std::uint64_t product = 1;
    bool empty = false;
    for (const std::uint64_t dim : shape) {
        empty = empty || dim == 0;
        const auto next = checkedMul(product, std::max<std::uint64_t>(dim, 1));
        if (!next || *next > kMaxElements)
            return fail(Errc::Overflow, "shape " + listOf(shape) + " has more than 2^63 - 1 elements");
        product = *next;
    }
    return empty ? 0 : product;
}

std::vector<std::int64_t> contiguousStride(std::span<const std::uint64_t> shape) {
    std::vector<std::int64_t> strides(shape.size());
    std::uint64_t stride = 1;
    for (std::size_t i = shape.size(); i-- > 0;) {
        strides[i] = static_cast<std::int64_t>(std::min(stride, kMaxElements));
        stride = checkedMul(stride, std::max<std::uint64_t>(shape[i], 1)).value_or(kMaxElements);
    }
    return strides;
}

bool isContiguous(std::span<const std::uint64_t> shape, std::span<const std::int64_t> strideElems) {
    if (shape.size() != strideElems.size()) return false;
    if (std::find(shape.begin(), shape.end(), 0U) != shape.end()) return true;
    std::uint64_t expected = 1;
    for (std::size_t i = shape.size(); i-- > 0;) {
        if (shape[i] == 1) continue;
        if (strideElems[i] < 0 || static_cast<std::uint64_t>(strideElems[i]) != expected) return false;
        const auto next = checkedMul(expected, shape[i]);
        if (!next) return false;
        expected = *next;
    }
    return true;
}

Result<std::uint64_t> extentElems(std::span<const std::uint64_t> shape, std::span<const std::int64_t> strideElems,
                                  std::uint64_t storageOffsetElems) {
    if (shape.size() != strideElems.size())
        return fail(Errc::Corrupt, "shape has " + std::to_string(shape.size()) + " dimensions, stride has " +
                                       std::to_string(strideElems.size()));
    std::uint64_t last = storageOffsetElems;
    bool empty = false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (strideElems[i] < 0)
            return fail(Errc::Corrupt, "stride " + std::to_string(strideElems[i]) + " of dimension " +
                                           std::to_string(i) + " is negative");
        if (shape[i] == 0) {
            empty = true;
            continue;
        }
        const auto span = checkedMul(shape[i] - 1, static_cast<std::uint64_t>(strideElems[i]));
        const auto sum = span ? checkedAdd(last, *span) : std::nullopt;
        if (!sum) return fail(Errc::Overflow, "the last element of shape " + listOf(shape) + " lies beyond 2^64");
        last = *sum;
    }
    if (empty) return 0;
    const auto extent = checkedAdd<std::uint64_t>(last, 1);
    if (!extent) return fail(Errc::Overflow, "the last element of shape " + listOf(shape) + " lies beyond 2^64");
    return *extent;
}

}  // namespace plimsoll
