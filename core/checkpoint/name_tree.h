// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "checkpoint/tensor_table.h"

namespace plimsoll {

// "layers.2" before "layers.10": digit runs compare as numbers.
[[nodiscard]] bool naturalLess(std::string_view a, std::string_view b) noexcept;

// The tensors of a table (or of a filtered part) as a tree by the dots of their names. Siblings are contiguous and in
// natural order; parent() and child() are O(1). Immutable; labels point into the table's names.
class NameTree {
public:
    // Every tensor of the table, or `rows` of it. O(n log n). Rows of one name get a node each.
    [[nodiscard]] static NameTree build(const TensorTable& table);
    [[nodiscard]] static NameTree build(const TensorTable& table, std::span<const TensorId> rows);

    [[nodiscard]] static constexpr NodeId root() noexcept { return NodeId(0); }
    [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }  // nodes, root included
    [[nodiscard]] std::uint32_t childCount(NodeId node) const noexcept { return at(node).childCount; }
    [[nodiscard]] NodeId child(NodeId node, std::uint32_t row) const noexcept {
        return NodeId(at(node).firstChild + row);
    }
    [[nodiscard]] NodeId parent(NodeId node) const noexcept { return at(node).parent; }
    [[nodiscard]] std::uint32_t rowInParent(NodeId node) const noexcept;
    // Last path component. Components too deep for a tree share the last label, dots and all.
    [[nodiscard]] std::string_view label(NodeId node) const noexcept { return at(node).label(); }
    // The tensor at this node; invalid for a module. A name can be both ("x" and "x.indices").
    [[nodiscard]] TensorId tensor(NodeId node) const noexcept { return at(node).tensor; }
    // Sums over the subtree, the node's own tensor included.
    [[nodiscard]] std::uint64_t bytes(NodeId node) const noexcept { return at(node).bytes; }
    [[nodiscard]] std::uint32_t tensorCount(NodeId node) const noexcept { return at(node).tensorCount; }
    // Longest name prefix the node stands for ("model.layers.0").
    [[nodiscard]] std::string_view path(NodeId node) const noexcept { return at(node).path(); }

private:
    struct Node {
        const char* text = nullptr;  // the path; the label is its end
        std::uint32_t pathLength = 0;
        std::uint32_t labelLength = 0;
        NodeId parent;
        std::uint32_t firstChild = 0;
        std::uint32_t childCount = 0;
        std::uint32_t tensorCount = 0;
        TensorId tensor;
        std::uint64_t bytes = 0;

        [[nodiscard]] std::string_view path() const noexcept { return {text, pathLength}; }
        [[nodiscard]] std::string_view label() const noexcept { return path().substr(pathLength - labelLength); }
    };
    friend class NameTreeBuilder;
    [[nodiscard]] const Node& at(NodeId id) const noexcept { return nodes_[id.index()]; }
    std::vector<Node> nodes_;
};

}  // namespace plimsoll
