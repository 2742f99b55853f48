// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "checkpoint/tensor_table.h"

namespace plimsoll {

// The rows of a table grouped into distinct tensors: tied names, which share storage, offset, dtype, shape and strides,
// are one.
struct DistinctTensors {
    std::vector<TensorId> first;       // one row of each distinct tensor, in table order
    std::vector<std::uint32_t> ofRow;  // for every row of the table: index into `first`
};

// Equal exactly for the same view of the same storage, lazy bits included.
[[nodiscard]] std::strong_ordering compareViews(const TensorTable& tensors, TensorId a, TensorId b);

// O(n log n).
[[nodiscard]] DistinctTensors distinctTensors(const TensorTable& tensors);

// The type of a tensor once floating-point tensors have been cast to `target`, and its bytes, contiguous (2^64 - 1
// where they are more). No target: as they are.
[[nodiscard]] DType dtypeAs(const TensorTable& tensors, TensorId id, std::optional<DType> target) noexcept;
[[nodiscard]] std::uint64_t bytesAs(const TensorTable& tensors, TensorId id, std::optional<DType> target) noexcept;

}  // namespace plimsoll
