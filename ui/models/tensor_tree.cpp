// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/tensor_tree.h"

#include <algorithm>
#include <numeric>

#include "models/radix_order.h"

namespace plimsoll::ui {
namespace {

std::vector<std::uint32_t> preorder(const TensorTree& tree, const ExpandedNodes* expanded, NodeId top) {
    struct Level {
        NodeId node;
        std::uint32_t row;
    };
    std::vector<std::uint32_t> nodes;
    std::vector<Level> open{{top, 0}};
    while (!open.empty()) {
        Level& level = open.back();
        if (level.row == tree.childCount(level.node)) {
            open.pop_back();
            continue;
        }
        const NodeId child = tree.child(level.node, level.row++);
        nodes.push_back(child.index());
        if (tree.childCount(child) > 0 && (expanded == nullptr || (*expanded)[child.index()]))
            open.push_back({child, 0});
    }
    return nodes;
}

}  // namespace

// Siblings are not sorted family by family: all nodes are sorted at once, and dealing them out to their parents in that
// order sorts every family.
class TensorTreeBuilder {
public:
    TensorTreeBuilder(std::shared_ptr<const TensorNames> names, const TensorQuery& query)
        : result_(std::make_shared<TensorTree>()) {
        result_->names_ = std::move(names);
        result_->order_ = query.order;
        result_->listing_ = query.listing;
    }

    void filter(const Filter& filter, const std::stop_token& stop) {
        if (filter.matchesAll()) return;
        result_->filtered_ = true;
        auto matched = matchTensors(table(), filter, stop);
        if (stop.stop_requested() || std::ranges::find(matched, 0) == matched.end()) return;
        result_->matched_ = std::move(matched);
        countWhatIsLeft();
    }

    void arrange() {
        if (result_->listing_ == Listing::Flat) {
            list();
        } else if (result_->order_ != TreeOrder{} || !result_->matched_.empty()) {
            deal(sorted(allNodes()));
        }
    }

    std::shared_ptr<const TensorTree> take() { return std::move(result_); }

private:
    const TensorTable& table() const { return result_->checkpoint().tensors; }
    const NameTree& nodes() const { return result_->nodes(); }

    // Children come after their parents, so one pass backwards sums whole subtrees.
    void countWhatIsLeft() {
        const std::size_t count = nodes().size();
        auto& tensors = result_->tensorsIn_;
        auto& bytes = result_->bytesIn_;
        auto& children = result_->shownCount_;
        tensors.assign(count, 0);
        bytes.assign(count, 0);
        children.assign(count, 0);
        for (std::size_t i = count; i-- > 0;) {
            const NodeId node(static_cast<std::uint32_t>(i));
            const TensorId tensor = result_->tensor(node);
            if (tensor.valid()) {
                tensors[i] += 1;
                bytes[i] += table().nbytes(tensor);
            }
            if (i == 0 || tensors[i] == 0) continue;
            const std::uint32_t parent = nodes().parent(node).index();
            tensors[parent] += tensors[i];
            bytes[parent] += bytes[i];
            children[parent] += 1;
        }
    }

    bool isShown(std::uint32_t node) const { return result_->tensorCount(NodeId(node)) > 0; }

    std::vector<std::uint32_t> allNodes() const {
        std::vector<std::uint32_t> all;
        all.reserve(nodes().size());
        for (std::uint32_t i = 1; i < nodes().size(); ++i)
            if (isShown(i)) all.push_back(i);
        return all;
    }

    void list() {
        // The builder's tree has no order of its own yet: this is by name.
        auto all = preorderOfAll();
        std::erase_if(all, [this](std::uint32_t node) { return !result_->tensor(NodeId(node)).valid(); });
        result_->list_ = sorted(std::move(all));
    }

    std::vector<std::uint32_t> preorderOfAll() {
        if (!result_->matched_.empty()) deal(allNodes());
        return preorder(*result_, nullptr, NameTree::root());
    }

    void deal(const std::vector<std::uint32_t>& order) {
        result_->shownAt_.assign(nodes().size(), 0);
        std::vector<std::uint32_t> taken(nodes().size(), 0);
        for (const std::uint32_t node : order) {
            const NodeId parent = nodes().parent(NodeId(node));
            result_->shownAt_[nodes().child(parent, taken[parent.index()]++).index()] = node;
        }
    }

    // `ids` come by name. Modules sort before tensors by shape and dtype (they have neither); ties stay by name.
    std::vector<std::uint32_t> sorted(std::vector<std::uint32_t> ids) const {
        switch (result_->order_.key) {
            case TreeSort::Name:
                if (result_->order_.descending) std::ranges::reverse(ids);
                break;
            case TreeSort::Size:
                sortBy(ids, [this](std::uint32_t i) { return result_->rowBytes(NodeId(i)); });
                break;
            case TreeSort::DType:
                sortBy(ids, [this](std::uint32_t i) {
                    const TensorId tensor = result_->tensor(NodeId(i));
                    return tensor.valid() ? static_cast<std::uint64_t>(table().dtype(tensor)) + 1 : 0;
                });
                break;
            case TreeSort::Shape:
                sortByShape(ids);
                break;
            case TreeSort::Offset:
                sortByPlace(ids);
                break;
        }
        return ids;
    }

    template <class Key>
    void sortBy(std::vector<std::uint32_t>& ids, const Key& keyOf) const {
        const std::uint64_t flip = result_->order_.descending ? ~std::uint64_t{0} : 0;
        sortStably(ids, [&](std::uint32_t i) { return keyOf(i) ^ flip; });
    }

    // File after file; modules and what has no place of its own (compressed, in chunks, absent) come first.
    void sortByPlace(std::vector<std::uint32_t>& ids) const {
        const auto offsetOf = [this](std::uint32_t i) {
            const TensorId tensor = result_->tensor(NodeId(i));
            return tensor.valid() ? table().fileOffset(tensor) : std::nullopt;
        };
        sortBy(ids, [&](std::uint32_t i) { return offsetOf(i).value_or(0); });
        sortBy(ids, [&](std::uint32_t i) {
            if (!offsetOf(i)) return std::uint64_t{0};
            return std::uint64_t{table().storage(result_->tensor(NodeId(i))).file.index()} + 1;
        });
    }

    // By number of dimensions, then by the first, the second...: the last key first, because each sort is stable.
    void sortByShape(std::vector<std::uint32_t>& ids) const {
        const auto isModule = [this](std::uint32_t i) { return !result_->tensor(NodeId(i)).valid(); };
        const auto firstTensor = std::stable_partition(ids.begin(), ids.end(), isModule);
        std::vector<std::uint32_t> tensors(firstTensor, ids.end());
        const auto shapeOf = [this](std::uint32_t i) { return table().shape(result_->tensor(NodeId(i))); };
        std::size_t most = 0;
        for (const std::uint32_t i : tensors) most = std::max(most, shapeOf(i).size());
        for (std::size_t dim = most; dim-- > 0;) {
            sortBy(tensors, [&](std::uint32_t i) {
                const auto shape = shapeOf(i);
                return dim < shape.size() ? shape[dim] : 0;
            });
        }
        sortBy(tensors, [&](std::uint32_t i) { return std::uint64_t{shapeOf(i).size()}; });
        std::ranges::copy(tensors, firstTensor);
        if (result_->order_.descending) std::rotate(ids.begin(), firstTensor, ids.end());
    }

    std::shared_ptr<TensorTree> result_;
};

std::shared_ptr<const TensorTree> TensorTree::build(std::shared_ptr<const TensorNames> names, const TensorQuery& query,
                                                    const std::stop_token& stop) {
    TensorTreeBuilder builder(std::move(names), query);
    builder.filter(query.filter, stop);
    if (stop.stop_requested()) return nullptr;
    builder.arrange();
    return stop.stop_requested() ? nullptr : builder.take();
}

TensorRows layOutRows(std::shared_ptr<const TensorTree> tree, ExpandedNodes expanded) {
    TensorRows result;
    result.rows = tree->listing() == Listing::Flat ? tree->list() : preorder(*tree, &expanded, NameTree::root());
    result.rowOf.assign(tree->nodes().size(), TensorRows::kHidden);
    for (std::uint32_t row = 0; row < result.rows.size(); ++row) result.rowOf[result.rows[row]] = row;
    result.expanded = std::move(expanded);
    result.tree = std::move(tree);
    return result;
}

std::vector<std::uint32_t> rowsBelow(const TensorTree& tree, const ExpandedNodes& expanded, NodeId node) {
    return preorder(tree, &expanded, node);
}

ExpandedNodes firstExpansion(const TensorTree& tree) {
    constexpr std::uint64_t kScreen = 40;
    ExpandedNodes expanded(tree.nodes().size(), false);
    std::vector<NodeId> level{NameTree::root()};
    std::uint64_t rows = 0;
    while (true) {
        std::uint64_t more = 0;
        for (const NodeId node : level) more += tree.childCount(node);
        if (more == 0 || (rows > 0 && rows + more > kScreen)) return expanded;
        std::vector<NodeId> next;
        for (const NodeId node : level) {
            expanded[node.index()] = true;
            for (std::uint32_t row = 0; row < tree.childCount(node); ++row) next.push_back(tree.child(node, row));
        }
        rows += more;
        level = std::move(next);
    }
}

}  // namespace plimsoll::ui
