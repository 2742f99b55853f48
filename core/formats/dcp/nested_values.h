// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "pickle/value.h"

namespace plimsoll {

// Puts a flattened state dict together again: dicts where the keys of a path are texts, lists where they are numbers.
class NestedValues {
public:
    // Texts must live as long as the tree that is built.
    //   path  the keys from the root on, texts and numbers of `pathTree`
    //   name  the flat name: where the path contradicts earlier ones, the value is found under it in the root
    void add(const ValueTree& pathTree, std::span<const Value> path, std::string_view name, Value value);
    // The whole, as a dict of `tree`.
    [[nodiscard]] Value build(ValueTree& tree) const { return build(tree, 0); }

private:
    // A key: a text, or (text without data) a number.
    struct Key {
        std::string_view text;
        std::int64_t number = 0;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct Node {
        std::optional<Value> leaf;
        std::vector<std::pair<Key, std::uint32_t>> children;  // in the order of their first appearance
    };
    [[nodiscard]] static Key keyOf(const ValueTree& tree, Value key);
    [[nodiscard]] static bool isNumber(const Key& key) noexcept { return key.text.data() == nullptr; }
    [[nodiscard]] std::optional<std::uint32_t> leafAt(const ValueTree& tree, std::span<const Value> path);
    [[nodiscard]] std::optional<std::uint32_t> child(std::uint32_t node, const Key& key);
    [[nodiscard]] Value build(ValueTree& tree, std::uint32_t node) const;
    [[nodiscard]] std::optional<Value> buildList(ValueTree& tree, const Node& node) const;

    std::vector<Node> nodes_ = std::vector<Node>(1);
    std::map<std::pair<std::uint32_t, Key>, std::uint32_t> childOf_;
};

}  // namespace plimsoll
