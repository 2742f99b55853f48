// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "checkpoint/filter.h"
#include "checkpoint/name_tree.h"

namespace plimsoll::ui {

enum class TreeSort : std::uint8_t { Name, Shape, DType, Size };

struct TreeOrder {
    TreeSort key = TreeSort::Name;
    bool descending = false;
    friend bool operator==(const TreeOrder&, const TreeOrder&) = default;
};

// The tensors of a checkpoint (or those that a filter lets through) as a tree in some order of siblings: what the
// tensor view shows. Immutable; built on any thread.
struct TensorTree {
    std::shared_ptr<const Checkpoint> checkpoint;
    NameTree tree;
    bool filtered = false;
    std::uint64_t matches = 0;  // tensors in the tree
    TreeOrder order;
    // Permutation within each run of siblings, by NodeId: shownAt[first + row] is the node shown in that row, rowOf its
    // inverse (row within the parent). Both empty where the order is the tree's own.
    std::vector<std::uint32_t> shownAt;
    std::vector<std::uint32_t> rowOf;
};

// O(n log n). `filter` null: every tensor.
[[nodiscard]] std::shared_ptr<const TensorTree> buildTensorTree(std::shared_ptr<const Checkpoint> checkpoint,
                                                                const Filter* filter, TreeOrder order);

}  // namespace plimsoll::ui
