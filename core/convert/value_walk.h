// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "pickle/value.h"

namespace plimsoll {

using ValuePairs = std::span<const std::pair<Value, Value>>;

// The entries of a Dict or of a dict subclass (OrderedDict, defaultdict); nothing for any other value.
[[nodiscard]] std::optional<ValuePairs> mappingPairs(const ValueTree& tree, Value v) noexcept;

// A key as dotted names spell it: texts as they are, numbers in decimal, anything else as Python's repr.
[[nodiscard]] std::string keyText(const ValueTree& tree, Value key);

// "a" and "b" give "a.b"; an empty path gives "b".
[[nodiscard]] std::string joinPath(const std::string& path, const std::string& key);

// True for an Object that makes a dense tensor of its elements, which has a row in the table under the same path: a
// lazy conjugate or negative view, a tensor with hooks.
[[nodiscard]] bool makesDenseTensor(const ValueTree& tree, Value v) noexcept;

// What a walk meets. Paths are dotted names.
class ContentVisitor {
public:
    virtual ~ContentVisitor() = default;
    virtual void tensor(const std::string& path, TensorId id) = 0;
    // Whatever is neither a tensor nor a container that is walked into: scalars, texts, objects, storages.
    virtual void leaf(const std::string& path, Value v) = 0;
};

// Visits mappings, lists and tuples in order, each container once. Attributes of a mapping object (the `_metadata` of
// a module's state_dict) are one leaf.
void walkContent(const ValueTree& tree, Value v, const std::string& path, ContentVisitor& visitor);

// Everything that `v` leads to, whatever lies between, each once and in the order in which it would be pickled.
struct Reached {
    std::vector<TensorId> tensors;
    std::vector<StorageId> storages;  // referred to directly, not through a tensor
};
[[nodiscard]] Reached reachedFrom(const ValueTree& tree, Value v);

// Every Object, every Global that `v` leads to, each once.
[[nodiscard]] std::vector<Value> objectsBelow(const ValueTree& tree, Value v);
[[nodiscard]] std::vector<Value> globalsBelow(const ValueTree& tree, Value v);

// A line for each global that `v` leads to and that is dangerous: calls that run code in whoever loads it.
[[nodiscard]] std::vector<std::string> dangersBelow(const ValueTree& tree, Value v);

}  // namespace plimsoll
