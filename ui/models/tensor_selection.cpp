// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/tensor_selection.h"

#include <algorithm>

namespace plimsoll::ui {
namespace {

// Adds tensors by node, each node once.
class Collector {
public:
    explicit Collector(const TensorTree& tree)
        : tree_(tree), all_(tree.nodes().size(), true), taken_(tree.nodes().size(), false) {}

    void add(NodeId node) {
        if (taken_[node.index()]) return;  // below a module that was selected too
        take(node);
        if (tree_.listing() == Listing::Flat || tree_.childCount(node) == 0) return;
        for (const std::uint32_t below : rowsBelow(tree_, all_, node))
            if (!taken_[below]) take(NodeId(below));
    }
    std::vector<TensorId> result() && { return std::move(tensors_); }

private:
    void take(NodeId node) {
        taken_[node.index()] = true;
        if (const TensorId tensor = tree_.tensor(node); tensor.valid()) tensors_.push_back(tensor);
    }
    const TensorTree& tree_;
    ExpandedNodes all_;
    ExpandedNodes taken_;
    std::vector<TensorId> tensors_;
};

}  // namespace

std::vector<NodeId> selectedNodes(const TensorRowsModel& model, const QItemSelection& selection) {
    std::vector<std::pair<int, int>> ranges;
    for (const QItemSelectionRange& range : selection) ranges.emplace_back(range.top(), range.bottom());
    std::ranges::sort(ranges);
    std::vector<NodeId> nodes;
    for (const auto& [top, bottom] : ranges)
        for (int row = top; row <= bottom; ++row) nodes.push_back(model.node(row));
    return nodes;
}

std::vector<TensorId> tensorsAt(const TensorTree& tree, const std::vector<NodeId>& nodes) {
    Collector collector(tree);
    for (const NodeId node : nodes) collector.add(node);
    return std::move(collector).result();
}

std::vector<TensorId> allTensors(const TensorTree& tree) {
    Collector collector(tree);
    for (const std::uint32_t node : tree.list()) collector.add(NodeId(node));
    if (tree.listing() == Listing::Tree)
        for (std::uint32_t row = 0; row < tree.childCount(NameTree::root()); ++row)
            collector.add(tree.child(NameTree::root(), row));
    return std::move(collector).result();
}

}  // namespace plimsoll::ui
