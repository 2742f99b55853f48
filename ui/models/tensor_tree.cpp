// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/tensor_tree.h"

#include <algorithm>
#include <numeric>
#include <span>

namespace plimsoll::ui {
namespace {

// Modules sort before tensors by shape and dtype (they have neither); ties keep the natural order.
class NodeLess {
public:
    NodeLess(const TensorTree& tree, const TensorTable& table) : tree_(tree), table_(table) {}

    bool operator()(std::uint32_t a, std::uint32_t b) const {
        const int order = compare(NodeId(a), NodeId(b));
        if (order != 0) return tree_.order.descending ? order > 0 : order < 0;
        return tree_.order.descending && tree_.order.key == TreeSort::Name ? a > b : a < b;
    }

private:
    int compare(NodeId a, NodeId b) const {
        const TensorId x = tree_.tree.tensor(a);
        const TensorId y = tree_.tree.tensor(b);
        switch (tree_.order.key) {
            case TreeSort::Name:
                return 0;
            case TreeSort::Size:
                return sign(tree_.tree.bytes(a), tree_.tree.bytes(b));
            case TreeSort::DType:
                if (!x.valid() || !y.valid()) return sign(x.valid(), y.valid());
                return sign(static_cast<int>(table_.dtype(x)), static_cast<int>(table_.dtype(y)));
            case TreeSort::Shape:
                if (!x.valid() || !y.valid()) return sign(x.valid(), y.valid());
                return compareShapes(table_.shape(x), table_.shape(y));
        }
        return 0;
    }
    static int compareShapes(std::span<const std::uint64_t> x, std::span<const std::uint64_t> y) {
        if (x.size() != y.size()) return sign(x.size(), y.size());
        const auto [i, j] = std::mismatch(x.begin(), x.end(), y.begin());
        return i == x.end() ? 0 : sign(*i, *j);
    }
    template <class T>
    static int sign(T x, T y) {
        return x < y ? -1 : (y < x ? 1 : 0);
    }

    const TensorTree& tree_;
    const TensorTable& table_;
};

void orderSiblings(TensorTree& result) {
    const auto nodes = static_cast<std::uint32_t>(result.tree.size());
    result.shownAt.resize(nodes);
    result.rowOf.resize(nodes);
    std::iota(result.shownAt.begin(), result.shownAt.end(), 0U);
    const NodeLess less(result, result.checkpoint->tensors);
    for (std::uint32_t i = 0; i < nodes; ++i) {
        const std::uint32_t count = result.tree.childCount(NodeId(i));
        if (count == 0) continue;
        const std::uint32_t first = result.tree.child(NodeId(i), 0).index();
        const auto begin = result.shownAt.begin() + first;
        std::sort(begin, begin + count, less);
        for (std::uint32_t row = 0; row < count; ++row) result.rowOf[result.shownAt[first + row]] = row;
    }
}

}  // namespace

std::shared_ptr<const TensorTree> buildTensorTree(std::shared_ptr<const Checkpoint> checkpoint, const Filter* filter,
                                                  TreeOrder order) {
    auto result = std::make_shared<TensorTree>();
    result->checkpoint = std::move(checkpoint);
    result->order = order;
    const TensorTable& table = result->checkpoint->tensors;
    if (filter != nullptr && !filter->matchesAll()) {
        const std::vector<TensorId> rows = filterTensors(table, *filter);
        result->filtered = true;
        result->matches = rows.size();
        result->tree = NameTree::build(table, rows);
    } else {
        result->matches = table.size();
        result->tree = NameTree::build(table);
    }
    if (order != TreeOrder{}) orderSiblings(*result);
    return result;
}

}  // namespace plimsoll::ui
