// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/name_tree.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/limits.h"

namespace plimsoll {

namespace {

// Nodes of a tree beyond which names are cut into fewer components: a name of dots only must not cost a node a byte.
constexpr std::size_t kNodeBudget = 4'000'000;

// How many components a name may have, so that all names together stay within a budget that real ones never reach.
std::size_t depthLimit(const TensorTable& table, std::span<const TensorId> rows) {
    std::size_t components = rows.size();
    for (const TensorId id : rows) {
        const auto name = table.name(id);
        components += static_cast<std::size_t>(std::count(name.begin(), name.end(), '.'));
    }
    const std::size_t budget = std::max(kNodeBudget, 32 * rows.size());
    if (components <= budget) return limits::kNestingDepth;
    return std::clamp<std::size_t>(budget / rows.size(), 1, limits::kNestingDepth);
}

}  // namespace

// Builds in three steps: a trie in order of appearance (nodes found by hash of parent and label), its nodes grouped by
// parent and sorted, and the final nodes laid out breadth first so that siblings are contiguous.
class NameTreeBuilder {
public:
    NameTreeBuilder(const TensorTable& table, std::span<const TensorId> rows)
        : table_(table), rows_(rows), depthLimit_(depthLimit(table, rows)) {
        nodes_.reserve(rows.size() + rows.size() / 8 + 1);
        nodes_.push_back({});
        slots_.assign(std::size_t{1} << 10U, 0);
    }

    NameTree build() {
        for (const TensorId id : rows_) addName(id);
        slots_ = {};
        groupByParent();
        return layOut();
    }

private:
    struct Draft {
        const char* text = nullptr;
        std::uint32_t pathLength = 0;
        std::uint32_t labelLength = 0;
        std::uint32_t parent = 0;
        TensorId tensor;

        [[nodiscard]] std::string_view label() const noexcept {
            return {text + (pathLength - labelLength), labelLength};
        }
    };
    struct Step {
        std::size_t end;  // of the component in the previous name
        std::uint32_t node;
    };

    void addName(TensorId id) {
        const std::string_view name = table_.name(id);
        // Names come in runs: components that the previous name had too need no look-up.
        const auto differ = std::mismatch(name.begin(), name.end(), previous_.begin(), previous_.end()).first;
        const auto common = static_cast<std::size_t>(differ - name.begin());
        while (!steps_.empty() && steps_.back().end >= common) steps_.pop_back();
        previous_ = name;
        std::uint32_t parent = steps_.empty() ? 0 : steps_.back().node;
        std::size_t start = steps_.empty() ? 0 : steps_.back().end + 1;
        while (true) {
            const bool deepest = steps_.size() + 1 >= depthLimit_;
            const std::size_t dot = deepest ? std::string_view::npos : name.find('.', start);
            if (dot == std::string_view::npos) break;
            parent = findOrAdd(parent, name.substr(0, dot), dot - start);
            steps_.push_back({dot, parent});
            start = dot + 1;
        }
        std::uint32_t leaf = findOrAdd(parent, name, name.size() - start);
        if (nodes_[leaf].tensor.valid()) leaf = append(parent, name, name.size() - start);
        nodes_[leaf].tensor = id;
    }

    std::uint32_t append(std::uint32_t parent, std::string_view path, std::size_t labelLength) {
        nodes_.push_back({path.data(), static_cast<std::uint32_t>(path.size()), static_cast<std::uint32_t>(labelLength),
                          parent, TensorId()});
        return static_cast<std::uint32_t>(nodes_.size() - 1);
    }

    static std::size_t hashOf(std::uint32_t parent, std::string_view label) {
        return std::hash<std::string_view>{}(label) ^ (std::size_t{parent} * 0x9E3779B97F4A7C15ULL);
    }

    // Slots hold node numbers; 0 (the root, never looked up) is free.
    std::uint32_t findOrAdd(std::uint32_t parent, std::string_view path, std::size_t labelLength) {
        if ((hashed_ + 1) * 2 > slots_.size()) growSlots();
        const auto label = path.substr(path.size() - labelLength);
        const std::size_t mask = slots_.size() - 1;
        std::size_t slot = hashOf(parent, label) & mask;
        while (slots_[slot] != 0) {
            const Draft& node = nodes_[slots_[slot]];
            if (node.parent == parent && node.label() == label) return slots_[slot];
            slot = (slot + 1) & mask;
        }
        ++hashed_;
        return slots_[slot] = append(parent, path, labelLength);
    }

    void growSlots() {
        const std::vector<std::uint32_t> old = std::exchange(slots_, {});
        slots_.assign(old.size() * 2, 0);
        const std::size_t mask = slots_.size() - 1;
        for (const std::uint32_t node : old) {
            if (node == 0) continue;
            std::size_t slot = hashOf(nodes_[node].parent, nodes_[node].label()) & mask;
            while (slots_[slot] != 0) slot = (slot + 1) & mask;
            slots_[slot] = node;
        }
    }

    void groupByParent() {
        childrenAt_.assign(nodes_.size() + 1, 0);
        for (std::size_t i = 1; i < nodes_.size(); ++i) ++childrenAt_[nodes_[i].parent + 1];
        std::partial_sum(childrenAt_.begin(), childrenAt_.end(), childrenAt_.begin());
        children_.resize(nodes_.size() - 1);
        std::vector<std::uint32_t> next(childrenAt_.begin(), childrenAt_.end() - 1);
        for (std::uint32_t i = 1; i < nodes_.size(); ++i) children_[next[nodes_[i].parent]++] = i;
        const auto less = [this](std::uint32_t a, std::uint32_t b) {
            return naturalLess(nodes_[a].label(), nodes_[b].label());
        };
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            const auto first = children_.begin() + childrenAt_[i];
            const auto last = children_.begin() + childrenAt_[i + 1];
            if (!std::is_sorted(first, last, less)) std::stable_sort(first, last, less);
        }
    }

    NameTree layOut() {
        NameTree tree;
        tree.nodes_.resize(nodes_.size());
        std::vector<std::uint32_t> draftOf(nodes_.size(), 0);
        std::uint32_t next = 1;
        for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
            const std::uint32_t draft = draftOf[i];
            auto& node = tree.nodes_[i];
            node.text = nodes_[draft].text;
            node.pathLength = nodes_[draft].pathLength;
            node.labelLength = nodes_[draft].labelLength;
            node.tensor = nodes_[draft].tensor;
            node.firstChild = next;
            node.childCount = childrenAt_[draft + 1] - childrenAt_[draft];
            for (std::uint32_t row = 0; row < node.childCount; ++row, ++next) {
                draftOf[next] = children_[childrenAt_[draft] + row];
                tree.nodes_[next].parent = NodeId(i);
            }
        }
        // Children come after their parents, so one pass backwards sums whole subtrees.
        for (std::size_t i = nodes_.size(); i-- > 0;) {
            auto& node = tree.nodes_[i];
            if (node.tensor.valid()) {
                node.bytes += table_.nbytes(node.tensor);
                ++node.tensorCount;
            }
            if (i == 0) break;
            auto& parent = tree.nodes_[node.parent.index()];
            parent.bytes += node.bytes;
            parent.tensorCount += node.tensorCount;
        }
        return tree;
    }

    const TensorTable& table_;
    std::span<const TensorId> rows_;
    std::size_t depthLimit_;
    std::vector<Draft> nodes_;
    std::vector<std::uint32_t> slots_;
    std::size_t hashed_ = 0;
    std::string_view previous_;
    std::vector<Step> steps_;
    std::vector<std::uint32_t> childrenAt_;
    std::vector<std::uint32_t> children_;
};

NameTree NameTree::build(const TensorTable& table) {
    std::vector<TensorId> rows(table.size());
    for (std::uint32_t i = 0; i < rows.size(); ++i) rows[i] = TensorId(i);
    return build(table, rows);
}

NameTree NameTree::build(const TensorTable& table, std::span<const TensorId> rows) {
    return NameTreeBuilder(table, rows).build();
}

std::uint32_t NameTree::rowInParent(NodeId node) const noexcept {
    return at(node).parent.valid() ? node.index() - at(at(node).parent).firstChild : 0;
}

}  // namespace plimsoll
