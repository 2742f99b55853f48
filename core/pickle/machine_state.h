// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "pickle/machine.h"
#include "pickle/memo_index.h"
#include "pickle/opcode_reader.h"
#include "pickle/value.h"

namespace plimsoll {

// The state of one run and what each opcode does to it. Only push(), pop() and popMark() touch the stack.
class PickleMachine {
public:
    PickleMachine(ValueTree& tree, std::span<const std::byte> pickle, std::uint64_t startOffset, const PickleScan& scan,
                  PickleResolver& resolver)
        : tree_(tree), start_(startOffset), in_(pickle, startOffset), scan_(scan), resolver_(resolver) {}

    [[nodiscard]] Result<Value> run();

private:
    using Argument = OpcodeArgument;
    using Handler = Result<void> (PickleMachine::*)(Opcode, const Argument&);
    using PoolMark = ValueTree::PoolMark;
    struct Handled {
        Opcode code;
        Handler handler;
    };
    static const Handled kHandled[];
    static const std::array<Handler, 256> kHandlers;
    static consteval std::array<Handler, 256> makeHandlers();

    [[nodiscard]] Result<void> checkSize() const;

    // The stack. A mark fences off what is below it: nothing but popMark() goes past the last one.
    void push(Value v) {
        values_.push_back(v);
        pools_.push_back(tree_.poolMark());
    }
    [[nodiscard]] Result<Value> pop();
    [[nodiscard]] Result<Value> top() const;
    // Everything above the last mark, whose position it returns; truncate() to it takes them and the mark off.
    [[nodiscard]] Result<std::size_t> popMark();
    [[nodiscard]] std::span<const Value> above(std::size_t position) const {
        return std::span(values_).subspan(position);
    }
    void truncate(std::size_t position) {
        values_.resize(position);
        pools_.resize(position);
    }
    [[nodiscard]] std::size_t fence() const noexcept { return marks_.empty() ? 0 : marks_.back(); }

    // Releasing: whatever was built since the slot at `position` was pushed is dropped, unless something kept it.
    void keep(Value v) noexcept;
    void release(PoolMark since) noexcept;
    static bool isLeaf(Value v) noexcept;

    // For an opcode that cannot change this value.
    [[nodiscard]] static tl::unexpected<Error> wrongTarget(Value target, std::string_view expected);

    // machine_literals.cpp
    Result<void> pushConstant(Opcode code, const Argument& argument);
    Result<void> pushInteger(Opcode code, const Argument& argument);
    Result<void> pushLong(Opcode code, const Argument& argument);
    Result<void> pushIntLine(Opcode code, const Argument& argument);
    Result<void> pushLongLine(Opcode code, const Argument& argument);
    Result<void> pushFloat(Opcode code, const Argument& argument);
    Result<void> pushFloatLine(Opcode code, const Argument& argument);
    Result<void> pushUnicode(Opcode code, const Argument& argument);
    Result<void> pushUnicodeLine(Opcode code, const Argument& argument);
    Result<void> pushStringLine(Opcode code, const Argument& argument);
    Result<void> pushBytes(Opcode code, const Argument& argument);

    // machine_containers.cpp
    Result<void> mark(Opcode code, const Argument& argument);
    Result<void> discard(Opcode code, const Argument& argument);
    Result<void> discardFromMark(Opcode code, const Argument& argument);
    Result<void> duplicate(Opcode code, const Argument& argument);
    Result<void> pushEmpty(Opcode code, const Argument& argument);
    Result<void> tupleOf(Opcode code, const Argument& argument);
    Result<void> containerFromMark(Opcode code, const Argument& argument);
    Result<void> append(Opcode code, const Argument& argument);
    Result<void> appendFromMark(Opcode code, const Argument& argument);
    Result<void> setItem(Opcode code, const Argument& argument);
    Result<void> setItemsFromMark(Opcode code, const Argument& argument);
    Result<void> addItems(Opcode code, const Argument& argument);
    Result<void> put(Opcode code, const Argument& argument);
    Result<void> get(Opcode code, const Argument& argument);
    [[nodiscard]] Result<void> appendAll(Value target, std::span<const Value> items);
    [[nodiscard]] Result<void> insertAll(Value target, std::span<const Value> keysAndValues);

    // machine_calls.cpp
    Result<void> globalName(Opcode code, const Argument& argument);
    Result<void> stackGlobal(Opcode code, const Argument& argument);
    Result<void> extension(Opcode code, const Argument& argument);
    Result<void> persistentLine(Opcode code, const Argument& argument);
    Result<void> persistentTop(Opcode code, const Argument& argument);
    Result<void> reduce(Opcode code, const Argument& argument);
    Result<void> newObject(Opcode code, const Argument& argument);
    Result<void> newObjectEx(Opcode code, const Argument& argument);
    Result<void> instance(Opcode code, const Argument& argument);
    Result<void> build(Opcode code, const Argument& argument);
    [[nodiscard]] Result<void> pushGlobal(std::string_view module, std::string_view name);
    [[nodiscard]] Result<void> pushPersistent(Value id, PoolMark since);
    void pushObject(ObjectForm form, Value callable, Value args, Value kwargs);

    // machine.cpp
    Result<void> protocol(Opcode code, const Argument& argument);
    Result<void> nothing(Opcode code, const Argument& argument);
    Result<void> outOfBand(Opcode code, const Argument& argument);
    Result<void> stop(Opcode code, const Argument& argument);

    ValueTree& tree_;
    std::uint64_t start_;
    OpcodeReader in_;
    const PickleScan& scan_;
    PickleResolver& resolver_;

    std::vector<Value> values_;
    std::vector<PoolMark> pools_;  // sizes of the tree's pools when the value of the same position was pushed
    std::vector<std::size_t> marks_;
    std::unordered_map<std::uint64_t, Value> memo_;  // what some GET reads
    MemoIndices stored_;
    PoolMark floor_;  // what lies below is kept by the memo or by a container
    std::optional<Value> root_;
};

}  // namespace plimsoll
