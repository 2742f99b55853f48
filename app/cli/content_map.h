// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pickle/value.h"

namespace plimsoll::cli {

// What a walk over a value tree must know of a container before it visits it.
class ContentMap {
public:
    // Containers up to this many values are shown in full each time they are reached.
    static constexpr std::uint32_t kSmall = 64;

    explicit ContentMap(const ValueTree& tree) : tree_(tree) { (void)measure(tree.root()); }

    // True for a tensor, a storage, and a container with nothing else in it.
    [[nodiscard]] bool onlyTensors(Value v) { return measure(v).onlyTensors; }

    // To be asked once on every way into a container: false where it is large, or part of a cycle, and was entered
    // before.
    [[nodiscard]] bool enter(Value v);

private:
    struct Measure {
        bool onlyTensors = false;
        std::uint32_t values = 1;  // with all that is below, saturated
    };

    // Also where the container is still being measured: then it is part of a cycle, and counts as large.
    [[nodiscard]] Measure measure(Value v);

    const ValueTree& tree_;
    std::unordered_map<std::uint64_t, Measure> known_;
    std::unordered_map<std::uint64_t, bool> entered_;
};

[[nodiscard]] bool isContainer(ValueKind kind) noexcept;

// What is to say of an Object, whatever form its pickle gave it.
struct ObjectView {
    std::string className;    // dotted: "argparse.Namespace"
    std::vector<Value> args;  // what the class is called with; not what only names the class or holds its items
    Value kwargs;
    std::span<const Value> states;
    std::span<const Value> list;
    std::span<const std::pair<Value, Value>> items;
    std::vector<std::pair<Value, Value>> pairs;  // items that stood in a list, as Python 2 wrote an OrderedDict
    bool isPlainDict = false;                    // an OrderedDict with nothing but items
};

[[nodiscard]] ObjectView viewObject(const ValueTree& tree, const ObjectParts& object);

// A dict key as text: strings as they are, others as Python's repr.
[[nodiscard]] std::string keyText(const ValueTree& tree, Value key);

}  // namespace plimsoll::cli
