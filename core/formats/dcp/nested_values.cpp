// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/dcp/nested_values.h"

#include <algorithm>

#include "base/limits.h"

namespace plimsoll {

NestedValues::Key NestedValues::keyOf(const ValueTree& tree, Value key) {
    if (key.kind == ValueKind::Int) return {{}, tree.asInt(key)};
    const auto text = tree.text(key);
    return {text.data() == nullptr ? std::string_view("") : text, 0};
}

// The node below `node` with this key, made where there is none; nothing where `node` is of another kind.
std::optional<std::uint32_t> NestedValues::child(std::uint32_t node, const Key& key) {
    if (nodes_[node].leaf) return std::nullopt;
    const auto& siblings = nodes_[node].children;
    if (!siblings.empty() && isNumber(siblings.front().first) != isNumber(key)) return std::nullopt;
    const auto [entry, isNew] = childOf_.try_emplace({node, key}, static_cast<std::uint32_t>(nodes_.size()));
    if (isNew) {
        nodes_.emplace_back();
        nodes_[node].children.emplace_back(key, entry->second);
    }
    return entry->second;
}

std::optional<std::uint32_t> NestedValues::leafAt(const ValueTree& tree, std::span<const Value> path) {
    if (path.empty() || path.size() > limits::kNestingDepth || path[0].kind == ValueKind::Int) return std::nullopt;
    std::uint32_t node = 0;
    for (const Value key : path) {
        const auto next = child(node, keyOf(tree, key));
        if (!next) return std::nullopt;
        node = *next;
    }
    if (nodes_[node].leaf || !nodes_[node].children.empty()) return std::nullopt;
    return node;
}

void NestedValues::add(const ValueTree& pathTree, std::span<const Value> path, std::string_view name, Value value) {
    if (const auto node = leafAt(pathTree, path)) {
        nodes_[*node].leaf = value;
        return;
    }
    nodes_.emplace_back().leaf = value;
    nodes_[0].children.emplace_back(Key{name, 0}, static_cast<std::uint32_t>(nodes_.size() - 1));
}

// A list where the numbers leave no wide gaps, which a hostile file could make huge.
std::optional<Value> NestedValues::buildList(ValueTree& tree, const Node& node) const {
    auto children = node.children;
    std::ranges::sort(children);
    const std::size_t most = 2 * children.size() + 16;
    if (children.front().first.number < 0 || children.back().first.number >= static_cast<std::int64_t>(most))
        return std::nullopt;
    const Value list = tree.list();
    std::int64_t next = 0;
    for (const auto& [key, below] : children) {
        for (; next < key.number; ++next) tree.append(list, ValueTree::none());
        tree.append(list, build(tree, below));
        ++next;
    }
    return list;
}

Value NestedValues::build(ValueTree& tree, std::uint32_t index) const {
    const Node& node = nodes_[index];
    if (node.leaf) return *node.leaf;
    if (!node.children.empty() && isNumber(node.children.front().first))
        if (const auto list = buildList(tree, node)) return *list;
    const Value dict = tree.dict();
    for (const auto& [key, below] : node.children)
        tree.insert(dict, isNumber(key) ? ValueTree::integer(key.number) : tree.textIn(ValueKind::String, key.text),
                    build(tree, below));
    return dict;
}

}  // namespace plimsoll
