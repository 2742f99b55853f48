// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pickle/machine.h"
#include "pickle/memo_index.h"
#include "pickle/opcode_reader.h"
#include "pickle/value.h"
#include "pickle/value_stack.h"

namespace plimsoll {

// The state of one run and what each opcode does to it. What an opcode does returns false where it cannot be done;
// refuse() has said why then. (A Result per opcode would cost more than most opcodes.)
class PickleMachine {
public:
    PickleMachine(ValueTree& tree, const PickleSource& source, const PickleScan& scan, PickleResolver& resolver);

    [[nodiscard]] Result<PickleRoot> run();

private:
    using Argument = OpcodeArgument;
    using PoolMark = ValueTree::PoolMark;
    using Step = bool (*)(PickleMachine&);
    struct Row {
        Opcode code;
        Step step;
    };
    static const std::array<Step, 256> kSteps;
    static consteval std::array<Step, 256> makeSteps();
    template <Opcode Code, auto Handler>
    [[nodiscard]] static bool step(PickleMachine& machine);
    template <Opcode Code, auto Handler>
    static constexpr Row row() {
        return {Code, &step<Code, Handler>};
    }

    [[nodiscard]] bool runSome();
    [[nodiscard]] bool checkBudget();
    [[nodiscard]] bool checkTree();

    // Keep the error, at the current opcode, and return false.
    [[gnu::cold]] bool refuse(Errc code, std::string_view what);
    [[gnu::cold]] bool refuse(Error&& error);
    [[gnu::cold]] bool refuseReading();
    // For an opcode that cannot change this value.
    [[gnu::cold]] bool refuseTarget(Value target, std::string_view expected);
    [[gnu::cold]] bool refuseStack();

    // The stack.
    void push(Value v) { stack_.push(v, tree_.poolMark()); }
    [[nodiscard]] bool has(std::size_t count) { return stack_.reachable() >= count || refuseStack(); }
    [[nodiscard]] bool pop(Value& v) {
        if (!has(1)) return false;
        v = stack_.fromTop(0);
        stack_.drop(1);
        return true;
    }
    [[nodiscard]] bool popMark(std::size_t& position) {
        if (!stack_.hasMark()) return refuse(Errc::Corrupt, "no mark is on the stack");
        position = stack_.popMark();
        return true;
    }
    // The value below the mark at `position`.
    [[nodiscard]] bool targetBelow(std::size_t position, Value& target);

    // Releasing: whatever was built since the slot at `position` was pushed is dropped, unless something kept it.
    void keep(Value v) noexcept;
    void release(PoolMark since) noexcept;

    // machine_literals.cpp
    bool pushConstant(Opcode code, const Argument& argument);
    bool pushInteger(Opcode code, const Argument& argument);
    bool pushLong(Opcode code, const Argument& argument);
    bool pushIntLine(Opcode code, const Argument& argument);
    bool pushLongLine(Opcode code, const Argument& argument);
    bool pushFloat(Opcode code, const Argument& argument);
    bool pushFloatLine(Opcode code, const Argument& argument);
    bool pushUnicode(Opcode code, const Argument& argument);
    bool pushUnicodeLine(Opcode code, const Argument& argument);
    bool pushStringLine(Opcode code, const Argument& argument);
    bool pushBytes(Opcode code, const Argument& argument);
    [[nodiscard]] bool checkLength(std::string_view text);
    [[nodiscard]] bool checkDecodable(std::string_view text);

    // machine_containers.cpp
    bool mark(Opcode code, const Argument& argument);
    bool discard(Opcode code, const Argument& argument);
    bool discardFromMark(Opcode code, const Argument& argument);
    bool duplicate(Opcode code, const Argument& argument);
    bool pushEmpty(Opcode code, const Argument& argument);
    bool tupleOf(Opcode code, const Argument& argument);
    bool tupleFromMark(Opcode code, const Argument& argument);
    bool containerFromMark(Opcode code, const Argument& argument);
    bool append(Opcode code, const Argument& argument);
    bool appendFromMark(Opcode code, const Argument& argument);
    bool setItem(Opcode code, const Argument& argument);
    bool setItemsFromMark(Opcode code, const Argument& argument);
    bool addItems(Opcode code, const Argument& argument);
    bool put(Opcode code, const Argument& argument);
    bool get(Opcode code, const Argument& argument);
    [[nodiscard]] bool checkKey(Value key);
    [[nodiscard]] bool checkKeys(std::span<const Value> keys);
    [[nodiscard]] bool appendAll(Value target, std::span<const Value> items);
    [[nodiscard]] bool insertAll(Value target, std::span<const Value> keysAndValues);

    // machine_calls.cpp
    bool globalName(Opcode code, const Argument& argument);
    bool stackGlobal(Opcode code, const Argument& argument);
    bool extension(Opcode code, const Argument& argument);
    bool persistentLine(Opcode code, const Argument& argument);
    bool persistentTop(Opcode code, const Argument& argument);
    bool reduce(Opcode code, const Argument& argument);
    bool newObject(Opcode code, const Argument& argument);
    bool newObjectEx(Opcode code, const Argument& argument);
    bool instance(Opcode code, const Argument& argument);
    bool build(Opcode code, const Argument& argument);
    [[nodiscard]] bool makeGlobal(std::string_view module, std::string_view name, Value& global);
    [[nodiscard]] bool pushPersistent(Value id, PoolMark since);
    [[nodiscard]] bool checkCall(Value callable, Value args);
    void pushObject(ObjectForm form, Value callable, Value args, Value kwargs);

    // machine_tensor_run.cpp
    [[nodiscard]] bool tookTensorRun(std::uint64_t callable);
    [[nodiscard]] Value recalled(std::uint64_t index) const;
    [[nodiscard]] bool isOrderedDict(Value callable);

    // machine.cpp
    bool getOrTensor(Opcode code, const Argument& argument);
    bool protocol(Opcode code, const Argument& argument);
    bool frame(Opcode code, const Argument& argument);
    bool outOfBand(Opcode code, const Argument& argument);
    bool stop(Opcode code, const Argument& argument);

    ValueTree& tree_;
    PickleSource source_;
    OpcodeReader in_;
    const PickleScan& scan_;
    PickleResolver& resolver_;

    ValueStack stack_;
    std::vector<Value> memo_;      // by MemoIndices::slot() of what some GET reads
    MemoIndices stored_;           // kept where a MEMOIZE asks how many there are
    PoolMark floor_;               // what lies below is kept by the memo or by a container
    Value lastHooks_;              // that isOrderedDict() said yes to
    std::uint64_t treeBytes_ = 0;  // that the tree may have
    PickleRoot root_;
    bool stopped_ = false;
    Error error_;
};

}  // namespace plimsoll
