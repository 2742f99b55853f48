// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "pickle/machine_state.h"

namespace plimsoll {

namespace {

Result<void> checkHashable(Value key) {
    switch (key.kind) {
        case ValueKind::List:
        case ValueKind::Dict:
        case ValueKind::Set:
        case ValueKind::ByteArray:
            return fail(Errc::Corrupt, fmt::format("a {} cannot be a key or a set's item", kindName(key.kind)));
        default:
            return {};
    }
}

}  // namespace

// Python's error where a value cannot be what an opcode changes; Unsupported where Python might manage.
tl::unexpected<Error> PickleMachine::wrongTarget(Value target, std::string_view expected) {
    const bool couldBeAnything = target.kind == ValueKind::Global || target.kind == ValueKind::Persistent ||
                                 target.kind == ValueKind::Tensor || target.kind == ValueKind::Storage ||
                                 target.kind == ValueKind::Object;
    return fail(couldBeAnything ? Errc::Unsupported : Errc::Corrupt,
                fmt::format("the target is a {}, expected {}", kindName(target.kind), expected));
}

Result<void> PickleMachine::mark(Opcode /*code*/, const Argument& /*argument*/) {
    marks_.push_back(values_.size());
    return {};
}

Result<void> PickleMachine::discard(Opcode /*code*/, const Argument& /*argument*/) {
    // Python's POP takes a mark off where nothing is above it.
    if (!marks_.empty() && marks_.back() == values_.size()) {
        marks_.pop_back();
        return {};
    }
    return pop().map([](Value) {});
}

Result<void> PickleMachine::discardFromMark(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(const std::size_t position, popMark());
    truncate(position);
    return {};
}

Result<void> PickleMachine::duplicate(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(const Value v, top());
    push(v);
    return {};
}

Result<void> PickleMachine::pushEmpty(Opcode code, const Argument& /*argument*/) {
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
    return {};
}

Result<void> PickleMachine::tupleOf(Opcode code, const Argument& /*argument*/) {
    const std::size_t count = static_cast<std::size_t>(code) - static_cast<std::size_t>(Opcode::Tuple1) + 1;
    if (values_.size() - fence() < count)
        return fail(Errc::Corrupt, fmt::format("needs {} values, {} are there", count, values_.size() - fence()));
    const std::size_t position = values_.size() - count;
    const PoolMark since = pools_[position];
    const Value tuple = tree_.tuple(above(position));
    truncate(position);
    push(tuple);
    pools_.back() = since;
    return {};
}

Result<void> PickleMachine::containerFromMark(Opcode code, const Argument& /*argument*/) {
    TRY(const std::size_t position, popMark());
    const auto items = above(position);
    const PoolMark since = items.empty() ? tree_.poolMark() : pools_[position];
    Value container;
    switch (code) {
        case Opcode::Tuple:
            if (items.size() > ~std::uint32_t{0}) return fail(Errc::OverLimit, "a tuple of more than 2^32 items");
            container = tree_.tuple(items);
            break;
        case Opcode::Dict:
            container = tree_.dict();
            TRY_VOID(insertAll(container, items));
            break;
        case Opcode::FrozenSet:
            container = tree_.set(ValueKind::FrozenSet);
            for (const Value item : items) TRY_VOID(checkHashable(item));
            TRY_VOID(appendAll(container, items));
            break;
        default:
            container = tree_.list();
            TRY_VOID(appendAll(container, items));
            break;
    }
    truncate(position);
    push(container);
    pools_.back() = since;
    return {};
}

Result<void> PickleMachine::appendAll(Value target, std::span<const Value> items) {
    switch (target.kind) {
        case ValueKind::List:
        case ValueKind::Set:
        case ValueKind::FrozenSet:
            for (const Value item : items) {
                keep(item);
                tree_.append(target, item);
            }
            return {};
        case ValueKind::Object:
            for (const Value item : items) {
                keep(item);
                tree_.mutableObject(target).appended.push_back(item);
            }
            return {};
        default:
            return wrongTarget(target, "a list or an object");
    }
}

Result<void> PickleMachine::insertAll(Value target, std::span<const Value> keysAndValues) {
    if (target.kind != ValueKind::Dict && target.kind != ValueKind::Object)
        return wrongTarget(target, "a dict or an object");
    if (keysAndValues.size() % 2 != 0)
        return fail(Errc::Corrupt,
                    fmt::format("a key without a value: {} values are above the mark", keysAndValues.size()));
    for (std::size_t i = 0; i < keysAndValues.size(); i += 2) {
        const Value key = keysAndValues[i];
        const Value value = keysAndValues[i + 1];
        TRY_VOID(checkHashable(key));
        keep(key);
        keep(value);
        if (target.kind == ValueKind::Dict)
            tree_.insert(target, key, value);
        else
            tree_.mutableObject(target).items.emplace_back(key, value);
    }
    return {};
}

Result<void> PickleMachine::append(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(const Value item, pop());
    TRY(const Value target, top());
    if (target.kind != ValueKind::List && target.kind != ValueKind::Object)
        return wrongTarget(target, "a list or an object");
    return appendAll(target, std::span(&item, 1));
}

Result<void> PickleMachine::appendFromMark(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(const std::size_t position, popMark());
    if (position <= fence()) return fail(Errc::Corrupt, "no target is below the mark");
    const Value target = values_[position - 1];
    if (target.kind != ValueKind::List && target.kind != ValueKind::Object)
        return wrongTarget(target, "a list or an object");
    TRY_VOID(appendAll(target, above(position)));
    truncate(position);
    return {};
}

Result<void> PickleMachine::setItem(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(const Value value, pop());
    TRY(const Value key, pop());
    TRY(const Value target, top());
    const Value pair[] = {key, value};
    return insertAll(target, pair);
}

Result<void> PickleMachine::setItemsFromMark(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(const std::size_t position, popMark());
    if (position <= fence()) return fail(Errc::Corrupt, "no target is below the mark");
    TRY_VOID(insertAll(values_[position - 1], above(position)));
    truncate(position);
    return {};
}

Result<void> PickleMachine::addItems(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(const std::size_t position, popMark());
    if (position <= fence()) return fail(Errc::Corrupt, "no target is below the mark");
    const Value target = values_[position - 1];
    if (target.kind != ValueKind::Set) return wrongTarget(target, "a set");
    for (const Value item : above(position)) TRY_VOID(checkHashable(item));
    TRY_VOID(appendAll(target, above(position)));
    truncate(position);
    return {};
}

Result<void> PickleMachine::put(Opcode code, const Argument& argument) {
    if (values_.size() <= fence()) return top().map([](Value) {});
    const auto index = code == Opcode::Memoize ? stored_.count()
                                               : memoIndexOf(kOpcodes[static_cast<std::size_t>(code)].form, argument);
    if (!index) return fail(Errc::Corrupt, "the memo index is not a number");
    stored_.add(*index);
    if (!scan_.readsMemo(*index)) return {};
    keep(values_.back());
    memo_.insert_or_assign(*index, values_.back());
    return {};
}

Result<void> PickleMachine::get(Opcode code, const Argument& argument) {
    const auto index = memoIndexOf(kOpcodes[static_cast<std::size_t>(code)].form, argument);
    if (!index) return fail(Errc::Corrupt, "the memo index is not a number");
    const auto entry = memo_.find(*index);
    if (entry == memo_.end())
        return fail(Errc::Corrupt, fmt::format("nothing was stored in the memo under {}", *index));
    push(entry->second);
    return {};
}

}  // namespace plimsoll
