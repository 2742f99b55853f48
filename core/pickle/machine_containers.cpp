// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "pickle/machine_state.h"

namespace plimsoll {

namespace {

// A tuple is hashable where its items are. Shared tuples could be walked for ever: what is not looked at within
// `budget` values passes.
bool isHashable(const ValueTree& tree, Value key, int& budget) {
    if (key.kind == ValueKind::List || key.kind == ValueKind::Dict || key.kind == ValueKind::Set ||
        key.kind == ValueKind::ByteArray)
        return false;
    if (key.kind != ValueKind::Tuple || key.length == 0) return true;
    return std::ranges::all_of(tree.items(key),
                               [&](Value item) { return --budget < 0 || isHashable(tree, item, budget); });
}

}  // namespace

// Python's error where a value cannot be what an opcode changes; Unsupported where Python might manage.
bool PickleMachine::refuseTarget(Value target, std::string_view expected) {
    const bool couldBeAnything = target.kind == ValueKind::Global || target.kind == ValueKind::Persistent ||
                                 target.kind == ValueKind::Tensor || target.kind == ValueKind::Storage ||
                                 target.kind == ValueKind::Object;
    return refuse(couldBeAnything ? Errc::Unsupported : Errc::Corrupt,
                  fmt::format("the target is a {}, expected {}", kindName(target.kind), expected));
}

bool PickleMachine::checkKey(Value key) {
    constexpr int kMostItems = 256;
    int budget = kMostItems;
    return isHashable(tree_, key, budget) ||
           refuse(Errc::Corrupt, fmt::format("a {}{} cannot be a key or a set's item", kindName(key.kind),
                                             key.kind == ValueKind::Tuple ? " of such items" : ""));
}

bool PickleMachine::checkKeys(std::span<const Value> keys) {
    return std::ranges::all_of(keys, [this](Value key) { return checkKey(key); });
}

bool PickleMachine::discard(Opcode /*code*/, const Argument& /*argument*/) {
    // Python's POP takes a mark off where nothing is above it.
    if (stack_.hasMark() && stack_.reachable() == 0) {
        static_cast<void>(stack_.popMark());
        return true;
    }
    if (!has(1)) return false;
    stack_.drop(1);
    return true;
}

bool PickleMachine::discardFromMark(Opcode /*code*/, const Argument& /*argument*/) {
    std::size_t position = 0;
    if (!popMark(position)) return false;
    stack_.dropTo(position);
    return true;
}

bool PickleMachine::duplicate(Opcode /*code*/, const Argument& /*argument*/) {
    if (!has(1)) return false;
    push(stack_.fromTop(0));
    return true;
}

bool PickleMachine::pushEmpty(Opcode code, const Argument& /*argument*/) {
    switch (code) {
        case Opcode::EmptyList:
            push(tree_.list());
            break;
        case Opcode::EmptyDict:
            push(tree_.dict());
            break;
        case Opcode::EmptySet:
            push(tree_.set(ValueKind::Set));
            break;
        default:
            push(tree_.tuple({}));
            break;
    }
    return true;
}

bool PickleMachine::tupleFromMark(Opcode /*code*/, const Argument& /*argument*/) {
    std::size_t position = 0;
    if (!popMark(position)) return false;
    const auto items = stack_.above(position);
    const PoolMark since = items.empty() ? tree_.poolMark() : stack_.since(position);
    const Value tuple = tree_.tuple(items);
    stack_.dropTo(position);
    stack_.push(tuple, since);
    return true;
}

bool PickleMachine::containerFromMark(Opcode code, const Argument& /*argument*/) {
    std::size_t position = 0;
    if (!popMark(position)) return false;
    const auto items = stack_.above(position);
    const PoolMark since = items.empty() ? tree_.poolMark() : stack_.since(position);
    Value container;
    switch (code) {
        case Opcode::Dict:
            container = tree_.dict();
            if (!insertAll(container, items)) return false;
            break;
        case Opcode::FrozenSet:
            container = tree_.set(ValueKind::FrozenSet);
            if (!checkKeys(items) || !appendAll(container, items)) return false;
            break;
        default:
            container = tree_.list();
            if (!appendAll(container, items)) return false;
            break;
    }
    stack_.dropTo(position);
    stack_.push(container, since);
    return true;
}

bool PickleMachine::appendAll(Value target, std::span<const Value> items) {
    switch (target.kind) {
        case ValueKind::List:
        case ValueKind::Set:
        case ValueKind::FrozenSet:
            for (const Value item : items) {
                keep(item);
                tree_.append(target, item);
            }
            return true;
        case ValueKind::Object:
            for (const Value item : items) {
                keep(item);
                tree_.addItem(target, item);
            }
            return true;
        default:
            return refuseTarget(target, "a list or an object");
    }
}

bool PickleMachine::insertAll(Value target, std::span<const Value> keysAndValues) {
    if (target.kind != ValueKind::Dict && target.kind != ValueKind::Object)
        return refuseTarget(target, "a dict or an object");
    if (keysAndValues.size() % 2 != 0)
        return refuse(Errc::Corrupt,
                      fmt::format("a key without a value: {} values are above the mark", keysAndValues.size()));
    for (std::size_t i = 0; i < keysAndValues.size(); i += 2) {
        const Value key = keysAndValues[i];
        const Value value = keysAndValues[i + 1];
        if (!checkKey(key)) return false;
        keep(key);
        keep(value);
        if (target.kind == ValueKind::Dict)
            tree_.insert(target, key, value);
        else
            tree_.addPair(target, key, value);
    }
    return true;
}

bool PickleMachine::append(Opcode /*code*/, const Argument& /*argument*/) {
    Value item;
    if (!pop(item) || !has(1)) return false;
    const Value target = stack_.fromTop(0);
    if (target.kind != ValueKind::List && target.kind != ValueKind::Object)
        return refuseTarget(target, "a list or an object");
    return appendAll(target, std::span(&item, 1));
}

bool PickleMachine::appendFromMark(Opcode /*code*/, const Argument& /*argument*/) {
    std::size_t position = 0;
    Value target;
    if (!popMark(position) || !targetBelow(position, target)) return false;
    if (target.kind != ValueKind::List && target.kind != ValueKind::Object)
        return refuseTarget(target, "a list or an object");
    if (!appendAll(target, stack_.above(position))) return false;
    stack_.dropTo(position);
    return true;
}

bool PickleMachine::setItem(Opcode /*code*/, const Argument& /*argument*/) {
    Value value, key;
    if (!pop(value) || !pop(key) || !has(1)) return false;
    const Value pair[] = {key, value};
    return insertAll(stack_.fromTop(0), pair);
}

bool PickleMachine::setItemsFromMark(Opcode /*code*/, const Argument& /*argument*/) {
    std::size_t position = 0;
    Value target;
    if (!popMark(position) || !targetBelow(position, target)) return false;
    if (!insertAll(target, stack_.above(position))) return false;
    stack_.dropTo(position);
    return true;
}

bool PickleMachine::addItems(Opcode /*code*/, const Argument& /*argument*/) {
    std::size_t position = 0;
    Value target;
    if (!popMark(position) || !targetBelow(position, target)) return false;
    if (target.kind != ValueKind::Set) return refuseTarget(target, "a set");
    const auto items = stack_.above(position);
    if (!checkKeys(items) || !appendAll(target, items)) return false;
    stack_.dropTo(position);
    return true;
}

}  // namespace plimsoll
