// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/tensor_selection.h"

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

std::vector<TensorId> selectedTensors(const TensorRowsModel& model, const QItemSelection& selection) {
    if (!model.tree()) return {};
    std::vector<std::pair<int, int>> ranges;
    for (const QItemSelectionRange& range : selection) ranges.emplace_back(range.top(), range.bottom());
    std::ranges::sort(ranges);
    Collector collector(*model.tree());
    for (const auto& [top, bottom] : ranges)
        for (int row = top; row <= bottom; ++row) collector.add(model.node(row));
    return std::move(collector).result();
}

std::vector<TensorId> shownTensors(const TensorRowsModel& model) {
    if (!model.tree()) return {};
    Collector collector(*model.tree());
    for (int row = 0; row < model.rowCount(); ++row)
        if (model.tree()->listing() == Listing::Flat || model.parentRow(row) < 0) collector.add(model.node(row));
    return std::move(collector).result();
}

}  // namespace plimsoll::ui
