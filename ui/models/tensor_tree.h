// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "checkpoint/filter.h"
#include "checkpoint/name_tree.h"

namespace plimsoll::ui {

enum class TreeSort : std::uint8_t { Name, Shape, DType, Size, Offset };
enum class Listing : std::uint8_t { Tree, Flat };

struct TreeOrder {
    TreeSort key = TreeSort::Name;
    bool descending = false;
    friend bool operator==(const TreeOrder&, const TreeOrder&) = default;
};

// What the tensor view is asked to show.
struct TensorQuery {
    Filter filter;
    TreeOrder order;
    Listing listing = Listing::Tree;
};

// All tensors of a checkpoint by name: made once, shared by everything that is shown of it, so that a NodeId means the
// same whatever filter and order are chosen.
struct TensorNames {
    std::shared_ptr<const Checkpoint> checkpoint;
    NameTree tree;
};

// The tensors that a query lets through, as a tree in some order of siblings. Immutable; built on any thread.
class TensorTree {
public:
    // O(n) for n tensors of the checkpoint; null where stopped.
    [[nodiscard]] static std::shared_ptr<const TensorTree> build(std::shared_ptr<const TensorNames> names,
                                                                 const TensorQuery& query,
                                                                 const std::stop_token& stop = {});

    [[nodiscard]] const Checkpoint& checkpoint() const noexcept { return *names_->checkpoint; }
    [[nodiscard]] const std::shared_ptr<const TensorNames>& names() const noexcept { return names_; }
    [[nodiscard]] const NameTree& nodes() const noexcept { return names_->tree; }
    [[nodiscard]] bool filtered() const noexcept { return filtered_; }
    [[nodiscard]] TreeOrder order() const noexcept { return order_; }
    [[nodiscard]] Listing listing() const noexcept { return listing_; }
    [[nodiscard]] std::uint64_t matches() const noexcept { return tensorCount(NameTree::root()); }

    // Of what is let through; a node that is not has no children and no tensors.
    [[nodiscard]] std::uint32_t childCount(NodeId node) const noexcept {
        return shownCount_.empty() ? nodes().childCount(node) : shownCount_[node.index()];
    }
    [[nodiscard]] NodeId child(NodeId node, std::uint32_t row) const noexcept {
        const NodeId place = nodes().child(node, row);
        return shownAt_.empty() ? place : NodeId(shownAt_[place.index()]);
    }
    [[nodiscard]] std::uint32_t tensorCount(NodeId node) const noexcept {
        return tensorsIn_.empty() ? nodes().tensorCount(node) : tensorsIn_[node.index()];
    }
    [[nodiscard]] std::uint64_t bytes(NodeId node) const noexcept {
        return bytesIn_.empty() ? nodes().bytes(node) : bytesIn_[node.index()];
    }
    // As its row says: in a list a tensor's own, though others may be named below it ("weight", "weight.absmax").
    [[nodiscard]] std::uint64_t rowBytes(NodeId node) const noexcept {
        return listing_ == Listing::Flat && tensor(node).valid() ? checkpoint().tensors.nbytes(tensor(node))
                                                                 : bytes(node);
    }
    // The tensor at this node where it is let through (a module that is a tensor too may be shown for its parts).
    [[nodiscard]] TensorId tensor(NodeId node) const noexcept {
        const TensorId id = nodes().tensor(node);
        return matched_.empty() || !id.valid() || matched_[id.index()] != 0 ? id : TensorId();
    }
    [[nodiscard]] bool shows(TensorId id) const noexcept { return matched_.empty() || matched_[id.index()] != 0; }
    // Listing::Flat: the nodes of the tensors, in order; else empty.
    [[nodiscard]] const std::vector<std::uint32_t>& list() const noexcept { return list_; }

private:
    friend class TensorTreeBuilder;
    std::shared_ptr<const TensorNames> names_;
    bool filtered_ = false;
    TreeOrder order_;
    Listing listing_ = Listing::Tree;
    // By TensorId; empty where all are let through.
    std::vector<std::uint8_t> matched_;
    // By NodeId; empty where all are let through.
    std::vector<std::uint32_t> shownCount_;
    std::vector<std::uint32_t> tensorsIn_;
    std::vector<std::uint64_t> bytesIn_;
    // shownAt_[first child + row] is the child shown in that row; empty where that is the child itself.
    std::vector<std::uint32_t> shownAt_;
    std::vector<std::uint32_t> list_;
};

// One bit a node: is it laid open?
using ExpandedNodes = std::vector<bool>;

// A tree as rows from top to bottom, children below their parents where these are laid open.
struct TensorRows {
    static constexpr std::uint32_t kHidden = ~std::uint32_t{0};

    std::shared_ptr<const TensorTree> tree;
    ExpandedNodes expanded;
    std::vector<std::uint32_t> rows;   // the node in each row
    std::vector<std::uint32_t> rowOf;  // by NodeId, kHidden for a node without a row
};

// O(nodes). Any thread.
[[nodiscard]] TensorRows layOutRows(std::shared_ptr<const TensorTree> tree, ExpandedNodes expanded);
// The rows that laying `node` open adds below it. O(their number).
[[nodiscard]] std::vector<std::uint32_t> rowsBelow(const TensorTree& tree, const ExpandedNodes& expanded, NodeId node);
// What is open at first: level after level as long as all of it fits a screen.
[[nodiscard]] ExpandedNodes firstExpansion(const TensorTree& tree);

}  // namespace plimsoll::ui
