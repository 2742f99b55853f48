// SPDX-License-Identifier: GPL-3.0-or-later
#include "content_map.h"

#include <algorithm>
#include <optional>

namespace plimsoll::cli {

namespace {

std::uint64_t identity(Value v) {
    // List, Set and FrozenSet share one index space; so do all others with themselves.
    const auto room = v.kind == ValueKind::Set || v.kind == ValueKind::FrozenSet ? ValueKind::List : v.kind;
    return (static_cast<std::uint64_t>(room) << 56U) ^ (static_cast<std::uint64_t>(v.length) << 36U) ^ v.bits;
}

std::string dotted(const ValueTree& tree, Value global) {
    if (global.kind != ValueKind::Global) return repr(tree, global);
    return std::string(tree.globalModule(global)) + "." + std::string(tree.globalName(global));
}

// The pairs of `args` where they are one list of [key, value], else nothing.
std::optional<std::vector<std::pair<Value, Value>>> listedPairs(const ValueTree& tree, std::span<const Value> args) {
    if (args.size() != 1 || args[0].kind != ValueKind::List) return std::nullopt;
    std::vector<std::pair<Value, Value>> pairs;
    for (const Value entry : tree.items(args[0])) {
        const bool isSequence = entry.kind == ValueKind::List || entry.kind == ValueKind::Tuple;
        if (!isSequence || tree.items(entry).size() != 2) return std::nullopt;
        pairs.emplace_back(tree.items(entry)[0], tree.items(entry)[1]);
    }
    return pairs;
}

// Every value that `v` holds directly.
template <class Visit>
void forEachPart(const ValueTree& tree, Value v, const Visit& visit) {
    const auto each = [&](std::span<const Value> values) { std::ranges::for_each(values, visit); };
    const auto eachItem = [&](std::span<const std::pair<Value, Value>> items) {
        for (const auto& item : items) visit(item.second);
    };
    if (v.kind == ValueKind::Dict) return eachItem(tree.pairs(v));
    if (v.kind != ValueKind::Object) return each(tree.items(v));
    const ObjectView object = viewObject(tree, tree.object(v));
    each(object.args);
    if (object.kwargs.kind == ValueKind::Dict) eachItem(tree.pairs(object.kwargs));
    each(object.states);
    each(object.list);
    eachItem(object.items);
    eachItem(object.pairs);
}

}  // namespace

bool isContainer(ValueKind kind) noexcept {
    switch (kind) {
        case ValueKind::Tuple:
        case ValueKind::List:
        case ValueKind::Set:
        case ValueKind::FrozenSet:
        case ValueKind::Dict:
        case ValueKind::Object:
            return true;
        default:
            return false;
    }
}

std::string keyText(const ValueTree& tree, Value key) {
    const bool isText = key.kind == ValueKind::String || key.kind == ValueKind::ByteString;
    return isText ? std::string(tree.text(key)) : repr(tree, key);
}

ObjectView viewObject(const ValueTree& tree, const ObjectParts& object) {
    ObjectView view{
        dotted(tree, object.callable), {}, object.kwargs, object.states, object.appended, object.items, {}, false};
    const auto args = object.args.kind == ValueKind::Tuple ? tree.items(object.args) : std::span<const Value>();
    const bool isOrderedDict = tree.isGlobal(object.callable, "collections", "OrderedDict");
    const bool reconstructs = tree.isGlobal(object.callable, "copyreg", "_reconstructor") ||
                              tree.isGlobal(object.callable, "copy_reg", "_reconstructor");
    if (reconstructs && !args.empty()) {
        view.className = dotted(tree, args.front());
    } else if (auto pairs = isOrderedDict ? listedPairs(tree, args) : std::nullopt) {
        view.pairs = std::move(*pairs);
    } else {
        view.args.assign(args.begin(), args.end());
    }
    view.isPlainDict = isOrderedDict && view.args.empty() && object.states.empty() && object.appended.empty();
    return view;
}

ContentMap::Measure ContentMap::measure(Value v) {
    if (!isContainer(v.kind)) return {v.kind == ValueKind::Tensor || v.kind == ValueKind::Storage, 1};
    const Measure inProgress{false, kSmall + 1};
    const auto [place, isNew] = known_.try_emplace(identity(v), inProgress);
    if (!isNew) return place->second;
    Measure sum{true, 1};
    bool isEmpty = true;
    forEachPart(tree_, v, [&](Value part) {
        const Measure of = measure(part);
        sum.onlyTensors = sum.onlyTensors && of.onlyTensors;
        sum.values = std::min(sum.values + of.values, kSmall + 1);
        isEmpty = false;
    });
    sum.onlyTensors = sum.onlyTensors && !isEmpty;
    known_[identity(v)] = sum;
    return sum;
}

bool ContentMap::enter(Value v) {
    const bool isNew = entered_.try_emplace(identity(v), true).second;
    return isNew || measure(v).values <= kSmall;
}

}  // namespace plimsoll::cli
