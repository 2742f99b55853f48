// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/machine.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/limits.h"
#include "pickle/machine_state.h"
#include "pickle/nesting.h"

namespace plimsoll {

namespace {

constexpr Value kNothingStored{ValueKind::None, 1, 0};  // no opcode makes such a None

}  // namespace

// What a state_dict is made of, defined before the table of steps so that the compiler puts it there.

inline bool PickleMachine::mark(Opcode /*code*/, const Argument& /*argument*/) {
    stack_.mark();
    return true;
}

inline bool PickleMachine::pushConstant(Opcode code, const Argument& /*argument*/) {
    push(code == Opcode::None ? ValueTree::none() : ValueTree::boolean(code == Opcode::NewTrue));
    return true;
}

inline bool PickleMachine::pushInteger(Opcode /*code*/, const Argument& argument) {
    push(ValueTree::integer(static_cast<std::int64_t>(argument.number)));
    return true;
}

inline bool PickleMachine::put(Opcode code, const Argument& argument) {
    if (!has(1)) return false;
    const auto index = code == Opcode::Memoize ? stored_.count()
                                               : memoIndexOf(kOpcodes[static_cast<std::size_t>(code)].form, argument);
    if (!index) return refuse(Errc::Corrupt, "the memo index is not a number");
    if (scan_.memoizes && !stored_.add(*index, in_.consumed()))
        return refuse(Errc::OverLimit, fmt::format("more than {} memo indices that no pickler gives (as {})",
                                                   limits::kPickleFarMemo, *index));
    const auto slot = scan_.memoRead.slot(*index);
    if (slot == MemoIndices::kNone) return true;
    keep(stack_.fromTop(0));
    memo_[slot] = stack_.fromTop(0);
    return true;
}

inline bool PickleMachine::get(Opcode code, const Argument& argument) {
    const auto index = memoIndexOf(kOpcodes[static_cast<std::size_t>(code)].form, argument);
    if (!index) return refuse(Errc::Corrupt, "the memo index is not a number");
    const auto slot = scan_.memoRead.slot(*index);
    if (slot == MemoIndices::kNone || memo_[slot] == kNothingStored)
        return refuse(Errc::Corrupt, fmt::format("nothing was stored in the memo under {}", *index));
    push(memo_[slot]);
    return true;
}

// BINGET, the first opcode of a tensor.
inline bool PickleMachine::getOrTensor(Opcode code, const Argument& argument) {
    return tookTensorRun(argument.number) || get(code, argument);
}

inline bool PickleMachine::tupleOf(Opcode code, const Argument& /*argument*/) {
    const std::size_t count = static_cast<std::size_t>(code) - static_cast<std::size_t>(Opcode::Tuple1) + 1;
    if (stack_.reachable() < count)
        return refuse(Errc::Corrupt, fmt::format("needs {} values, {} are there", count, stack_.reachable()));
    const std::size_t position = stack_.size() - count;
    const PoolMark since = stack_.since(position);
    const Value tuple = tree_.tuple(stack_.above(position));
    stack_.dropTo(position);
    stack_.push(tuple, since);
    return true;
}

template <Opcode Code, auto Handler>
bool PickleMachine::step(PickleMachine& machine) {
    constexpr ArgForm form = kOpcodes[static_cast<std::size_t>(Code)].form;
    if (!machine.in_.readArgument(form)) return machine.refuseReading();
    return (machine.*Handler)(Code, machine.in_.argument());
}

consteval std::array<PickleMachine::Step, 256> PickleMachine::makeSteps() {
    constexpr Row kRows[] = {
        row<Opcode::Stop, &PickleMachine::stop>(),
        row<Opcode::Proto, &PickleMachine::protocol>(),
        row<Opcode::Frame, &PickleMachine::frame>(),
        row<Opcode::NextBuffer, &PickleMachine::outOfBand>(),
        row<Opcode::ReadonlyBuffer, &PickleMachine::outOfBand>(),

        row<Opcode::None, &PickleMachine::pushConstant>(),
        row<Opcode::NewTrue, &PickleMachine::pushConstant>(),
        row<Opcode::NewFalse, &PickleMachine::pushConstant>(),
        row<Opcode::BinInt, &PickleMachine::pushInteger>(),
        row<Opcode::BinInt1, &PickleMachine::pushInteger>(),
        row<Opcode::BinInt2, &PickleMachine::pushInteger>(),
        row<Opcode::Long1, &PickleMachine::pushLong>(),
        row<Opcode::Long4, &PickleMachine::pushLong>(),
        row<Opcode::Int, &PickleMachine::pushIntLine>(),
        row<Opcode::Long, &PickleMachine::pushLongLine>(),
        row<Opcode::BinFloat, &PickleMachine::pushFloat>(),
        row<Opcode::Float, &PickleMachine::pushFloatLine>(),
        row<Opcode::BinUnicode, &PickleMachine::pushUnicode>(),
        row<Opcode::ShortBinUnicode, &PickleMachine::pushUnicode>(),
        row<Opcode::BinUnicode8, &PickleMachine::pushUnicode>(),
        row<Opcode::Unicode, &PickleMachine::pushUnicodeLine>(),
        row<Opcode::String, &PickleMachine::pushStringLine>(),
        row<Opcode::BinString, &PickleMachine::pushBytes>(),
        row<Opcode::ShortBinString, &PickleMachine::pushBytes>(),
        row<Opcode::BinBytes, &PickleMachine::pushBytes>(),
        row<Opcode::ShortBinBytes, &PickleMachine::pushBytes>(),
        row<Opcode::BinBytes8, &PickleMachine::pushBytes>(),
        row<Opcode::ByteArray8, &PickleMachine::pushBytes>(),

        row<Opcode::Mark, &PickleMachine::mark>(),
        row<Opcode::Pop, &PickleMachine::discard>(),
        row<Opcode::PopMark, &PickleMachine::discardFromMark>(),
        row<Opcode::Dup, &PickleMachine::duplicate>(),
        row<Opcode::EmptyTuple, &PickleMachine::pushEmpty>(),
        row<Opcode::EmptyList, &PickleMachine::pushEmpty>(),
        row<Opcode::EmptyDict, &PickleMachine::pushEmpty>(),
        row<Opcode::EmptySet, &PickleMachine::pushEmpty>(),
        row<Opcode::Tuple1, &PickleMachine::tupleOf>(),
        row<Opcode::Tuple2, &PickleMachine::tupleOf>(),
        row<Opcode::Tuple3, &PickleMachine::tupleOf>(),
        row<Opcode::Tuple, &PickleMachine::tupleFromMark>(),
        row<Opcode::List, &PickleMachine::containerFromMark>(),
        row<Opcode::Dict, &PickleMachine::containerFromMark>(),
        row<Opcode::FrozenSet, &PickleMachine::containerFromMark>(),
        row<Opcode::Append, &PickleMachine::append>(),
        row<Opcode::Appends, &PickleMachine::appendFromMark>(),
        row<Opcode::SetItem, &PickleMachine::setItem>(),
        row<Opcode::SetItems, &PickleMachine::setItemsFromMark>(),
        row<Opcode::AddItems, &PickleMachine::addItems>(),
        row<Opcode::Put, &PickleMachine::put>(),
        row<Opcode::BinPut, &PickleMachine::put>(),
        row<Opcode::LongBinPut, &PickleMachine::put>(),
        row<Opcode::Memoize, &PickleMachine::put>(),
        row<Opcode::Get, &PickleMachine::get>(),
        row<Opcode::BinGet, &PickleMachine::getOrTensor>(),
        row<Opcode::LongBinGet, &PickleMachine::get>(),

        row<Opcode::Global, &PickleMachine::globalName>(),
        row<Opcode::StackGlobal, &PickleMachine::stackGlobal>(),
        row<Opcode::Ext1, &PickleMachine::extension>(),
        row<Opcode::Ext2, &PickleMachine::extension>(),
        row<Opcode::Ext4, &PickleMachine::extension>(),
        row<Opcode::PersId, &PickleMachine::persistentLine>(),
        row<Opcode::BinPersId, &PickleMachine::persistentTop>(),
        row<Opcode::Reduce, &PickleMachine::reduce>(),
        row<Opcode::NewObj, &PickleMachine::newObject>(),
        row<Opcode::NewObjEx, &PickleMachine::newObjectEx>(),
        row<Opcode::Obj, &PickleMachine::instance>(),
        row<Opcode::Inst, &PickleMachine::instance>(),
        row<Opcode::Build, &PickleMachine::build>(),
    };
    std::array<Step, 256> steps{};
    // Apart, because g++ 12 with -fsanitize=undefined takes no function's address for a constant that is not null.
    std::array<bool, 256> isHandled{};
    for (const auto& row : kRows) {
        steps[static_cast<std::size_t>(row.code)] = row.step;
        isHandled[static_cast<std::size_t>(row.code)] = true;
    }
    for (std::size_t code = 0; code < steps.size(); ++code) {
        if (isHandled[code] != (kOpcodes[code].form != ArgForm::Unknown))
            throw "an opcode without a handler, or a handler without an opcode";  // does not compile then
        // The reader refuses these.
        if (!isHandled[code]) steps[code] = &step<Opcode{}, &PickleMachine::frame>;
    }
    return steps;
}

constexpr std::array<PickleMachine::Step, 256> PickleMachine::kSteps = makeSteps();

PickleMachine::PickleMachine(ValueTree& tree, const PickleSource& source, const PickleScan& scan,
                             PickleResolver& resolver)
    : tree_(tree),
      source_(source),
      in_(source.bytes, source.offset),
      scan_(scan),
      resolver_(resolver),
      memo_(static_cast<std::size_t>(scan.memoRead.count()), kNothingStored),
      floor_(tree.poolMark()) {
    source_.storedBytes = std::min(source.storedBytes, scan.endOffset - source.offset);
    const std::uint64_t stored = std::min(source_.storedBytes, limits::kValueTreeMostBytes);
    treeBytes_ = tree.bytes() + std::min(limits::kValueTreeBytes + stored * limits::kValueTreeBytesPerByte,
                                         limits::kValueTreeMostBytes);
}

bool PickleMachine::refuse(Errc code, std::string_view what) {
    error_ = {code, in_.opcodeOffset(), fmt::format("{}: {}", in_.info().name, what), {}};
    return false;
}

bool PickleMachine::refuse(Error&& error) {
    error.what = fmt::format("{}: {}", in_.info().name, error.what);
    error.offset = in_.opcodeOffset();
    error_ = std::move(error);
    return false;
}

bool PickleMachine::refuseReading() {
    error_ = in_.error();
    return false;
}

bool PickleMachine::refuseStack() {
    return refuse(Errc::Corrupt, stack_.hasMark() ? "nothing is above the last mark" : "the stack is empty");
}

bool PickleMachine::targetBelow(std::size_t position, Value& target) {
    if (position <= stack_.fence()) return refuse(Errc::Corrupt, "no target is below the mark");
    target = stack_.at(position - 1);
    return true;
}

// Called with everything that is put where it outlives its stack slot. What is older than v lies below it in the pools.
void PickleMachine::keep(Value v) noexcept {
    if (v.kind == ValueKind::Object || (v.kind == ValueKind::Tuple && v.length != 0)) floor_ = tree_.poolMark();
}

void PickleMachine::release(PoolMark since) noexcept {
    tree_.releaseSince({std::max(since.tupleItems, floor_.tupleItems), std::max(since.objects, floor_.objects)});
}

bool PickleMachine::protocol(Opcode /*code*/, const Argument& argument) {
    if (argument.number <= kHighestProtocol) return true;
    return refuse(Errc::Unsupported,
                  fmt::format("protocol {}, the highest known is {}", argument.number, kHighestProtocol));
}

bool PickleMachine::frame(Opcode /*code*/, const Argument& /*argument*/) {
    in_.openFrame();
    return true;
}

bool PickleMachine::outOfBand(Opcode /*code*/, const Argument& /*argument*/) {
    return refuse(Errc::Unsupported, "needs a buffer that is not part of the pickle");
}

bool PickleMachine::stop(Opcode /*code*/, const Argument& /*argument*/) {
    if (!pop(root_.value)) return false;
    if (stack_.size() + stack_.marks() > 0)
        root_.oddity = fmt::format("STOP leaves {} values and {} marks on the stack", stack_.size(), stack_.marks());
    stopped_ = true;
    return true;
}

bool PickleMachine::checkTree() {
    if (tree_.bytes() <= treeBytes_) return true;
    return refuse(
        Errc::OverLimit,
        fmt::format("the values so far need {} bytes of memory, too much for a pickle of {} bytes (at most {})",
                    tree_.bytes(), source_.storedBytes, treeBytes_));
}

bool PickleMachine::checkBudget() {
    if (source_.stop.stop_requested()) {
        error_ = cancelled().value();
        return false;
    }
    if (stack_.size() + stack_.marks() > limits::kPickleStack)
        return refuse(Errc::OverLimit, fmt::format("more than {} values on the stack", limits::kPickleStack));
    return checkTree();
}

// False at an error; comes back now and then to have the budget checked: an opcode adds one value at most.
bool PickleMachine::runSome() {
    constexpr int kOpcodesBetweenChecks = 1 << 16;
    for (int opcodes = 0; opcodes < kOpcodesBetweenChecks && !stopped_; ++opcodes) {
        if (!in_.nextCode()) return refuseReading();
        if (!kSteps[in_.code()](*this)) return false;
    }
    return true;
}

Result<PickleRoot> PickleMachine::run() {
    bool sound = true;
    while (sound && !stopped_) sound = runSome() && checkBudget();
    // An earlier flaw than any that broke the run.
    if (in_.frameFlaw()) return fail(*in_.frameFlaw());
    if (!sound) return fail(std::move(error_));
    // What the scan could not list to its end is not opened.
    if (scan_.broken) return fail(*scan_.broken);
    if (auto nested = checkNesting(tree_, root_.value, limits::kNestingDepth); !nested) {
        nested.error().offset = source_.offset;
        return fail(std::move(nested.error()));
    }
    return std::move(root_);
}

Result<PickleRoot> runPickle(ValueTree& tree, const PickleSource& source, const PickleScan& scan,
                             PickleResolver& resolver) {
    return PickleMachine(tree, source, scan, resolver).run();
}

}  // namespace plimsoll
