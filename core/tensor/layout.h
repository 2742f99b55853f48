// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "tensor/dtype.h"

namespace plimsoll {

// Product of the dimensions; 1 for a scalar. Overflow where it exceeds 2^63 - 1, torch's own bound; dimensions of 0
// count as 1 for that, so that strides fit too.
[[nodiscard]] Result<std::uint64_t> elementCount(std::span<const std::uint64_t> shape);

// Row-major strides in elements, as torch computes them (a dimension of 0 or 1 counts as 1 for those before it).
[[nodiscard]] std::vector<std::int64_t> contiguousStride(std::span<const std::uint64_t> shape);

// True where the elements lie in row-major order without gaps; strides of dimensions of size 1 do not matter, and an
// empty tensor is contiguous.
[[nodiscard]] bool isContiguous(std::span<const std::uint64_t> shape, std::span<const std::int64_t> strideElems);

// Elements from the storage's start up to one past the last element that the view touches; 0 for an empty view.
//   errors  Corrupt for a negative stride or a rank mismatch, Overflow
[[nodiscard]] Result<std::uint64_t> extentElems(std::span<const std::uint64_t> shape,
                                                std::span<const std::int64_t> strideElems,
                                                std::uint64_t storageOffsetElems);

}  // namespace plimsoll
