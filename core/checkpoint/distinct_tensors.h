// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstdint>
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

// Equal exactly for the same view of the same storage.
[[nodiscard]] std::strong_ordering compareViews(const TensorTable& tensors, TensorId a, TensorId b);

// O(n log n).
[[nodiscard]] DistinctTensors distinctTensors(const TensorTable& tensors);

}  // namespace plimsoll
