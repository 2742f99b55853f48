// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/machine.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/limits.h"
#include "pickle/machine_state.h"
#include "pickle/nesting.h"

namespace plimsoll {

constexpr PickleMachine::Handled PickleMachine::kHandled[] = {
    {Opcode::Stop, &PickleMachine::stop},
    {Opcode::Proto, &PickleMachine::protocol},
    {Opcode::Frame, &PickleMachine::nothing},
    {Opcode::NextBuffer, &PickleMachine::outOfBand},
    {Opcode::ReadonlyBuffer, &PickleMachine::outOfBand},

    {Opcode::None, &PickleMachine::pushConstant},
    {Opcode::NewTrue, &PickleMachine::pushConstant},
    {Opcode::NewFalse, &PickleMachine::pushConstant},
    {Opcode::BinInt, &PickleMachine::pushInteger},
    {Opcode::BinInt1, &PickleMachine::pushInteger},
    {Opcode::BinInt2, &PickleMachine::pushInteger},
    {Opcode::Long1, &PickleMachine::pushLong},
    {Opcode::Long4, &PickleMachine::pushLong},
    {Opcode::Int, &PickleMachine::pushIntLine},
    {Opcode::Long, &PickleMachine::pushLongLine},
    {Opcode::BinFloat, &PickleMachine::pushFloat},
    {Opcode::Float, &PickleMachine::pushFloatLine},
    {Opcode::BinUnicode, &PickleMachine::pushUnicode},
    {Opcode::ShortBinUnicode, &PickleMachine::pushUnicode},
    {Opcode::BinUnicode8, &PickleMachine::pushUnicode},
    {Opcode::Unicode, &PickleMachine::pushUnicodeLine},
    {Opcode::String, &PickleMachine::pushStringLine},
    {Opcode::BinString, &PickleMachine::pushBytes},
    {Opcode::ShortBinString, &PickleMachine::pushBytes},
    {Opcode::BinBytes, &PickleMachine::pushBytes},
    {Opcode::ShortBinBytes, &PickleMachine::pushBytes},
    {Opcode::BinBytes8, &PickleMachine::pushBytes},
    {Opcode::ByteArray8, &PickleMachine::pushBytes},

    {Opcode::Mark, &PickleMachine::mark},
    {Opcode::Pop, &PickleMachine::discard},
    {Opcode::PopMark, &PickleMachine::discardFromMark},
    {Opcode::Dup, &PickleMachine::duplicate},
    {Opcode::EmptyTuple, &PickleMachine::pushEmpty},
    {Opcode::EmptyList, &PickleMachine::pushEmpty},
    {Opcode::EmptyDict, &PickleMachine::pushEmpty},
    {Opcode::EmptySet, &PickleMachine::pushEmpty},
    {Opcode::Tuple1, &PickleMachine::tupleOf},
    {Opcode::Tuple2, &PickleMachine::tupleOf},
    {Opcode::Tuple3, &PickleMachine::tupleOf},
    {Opcode::Tuple, &PickleMachine::containerFromMark},
    {Opcode::List, &PickleMachine::containerFromMark},
    {Opcode::Dict, &PickleMachine::containerFromMark},
    {Opcode::FrozenSet, &PickleMachine::containerFromMark},
    {Opcode::Append, &PickleMachine::append},
    {Opcode::Appends, &PickleMachine::appendFromMark},
    {Opcode::SetItem, &PickleMachine::setItem},
    {Opcode::SetItems, &PickleMachine::setItemsFromMark},
    {Opcode::AddItems, &PickleMachine::addItems},
    {Opcode::Put, &PickleMachine::put},
    {Opcode::BinPut, &PickleMachine::put},
    {Opcode::LongBinPut, &PickleMachine::put},
    {Opcode::Memoize, &PickleMachine::put},
    {Opcode::Get, &PickleMachine::get},
    {Opcode::BinGet, &PickleMachine::get},
    {Opcode::LongBinGet, &PickleMachine::get},

    {Opcode::Global, &PickleMachine::globalName},
    {Opcode::StackGlobal, &PickleMachine::stackGlobal},
    {Opcode::Ext1, &PickleMachine::extension},
    {Opcode::Ext2, &PickleMachine::extension},
    {Opcode::Ext4, &PickleMachine::extension},
    {Opcode::PersId, &PickleMachine::persistentLine},
    {Opcode::BinPersId, &PickleMachine::persistentTop},
    {Opcode::Reduce, &PickleMachine::reduce},
    {Opcode::NewObj, &PickleMachine::newObject},
    {Opcode::NewObjEx, &PickleMachine::newObjectEx},
    {Opcode::Obj, &PickleMachine::instance},
    {Opcode::Inst, &PickleMachine::instance},
    {Opcode::Build, &PickleMachine::build},
};

consteval std::array<PickleMachine::Handler, 256> PickleMachine::makeHandlers() {
    std::array<Handler, 256> handlers{};
    std::array<bool, 256> handled{};
    for (const auto& row : kHandled) {
        handlers[static_cast<std::size_t>(row.code)] = row.handler;
        handled[static_cast<std::size_t>(row.code)] = true;
    }
    for (std::size_t code = 0; code < handled.size(); ++code)
        if (handled[code] != (kOpcodes[code].form != ArgForm::Unknown))
            throw "an opcode without a handler, or a handler without an opcode";  // does not compile then
    return handlers;
}

constexpr std::array<PickleMachine::Handler, 256> PickleMachine::kHandlers = makeHandlers();

Result<Value> PickleMachine::pop() {
    if (values_.size() <= fence())
        return fail(Errc::Corrupt, marks_.empty() ? "the stack is empty" : "nothing is above the last mark");
    const Value v = values_.back();
    truncate(values_.size() - 1);
    return v;
}

Result<Value> PickleMachine::top() const {
    if (values_.size() <= fence())
        return fail(Errc::Corrupt, marks_.empty() ? "the stack is empty" : "nothing is above the last mark");
    return values_.back();
}

Result<std::size_t> PickleMachine::popMark() {
    if (marks_.empty()) return fail(Errc::Corrupt, "no mark is on the stack");
    const std::size_t position = marks_.back();
    marks_.pop_back();
    return position;
}

// Called with everything that is put where it outlives its stack slot. What is older than v lies below it in the pools.
void PickleMachine::keep(Value v) noexcept {
    if (v.kind == ValueKind::Object || (v.kind == ValueKind::Tuple && v.length != 0)) floor_ = tree_.poolMark();
}

void PickleMachine::release(PoolMark since) noexcept {
    tree_.releaseSince({std::max(since.tupleItems, floor_.tupleItems), std::max(since.objects, floor_.objects)});
}

bool PickleMachine::isLeaf(Value v) noexcept {
    switch (v.kind) {
        case ValueKind::Tuple:
        case ValueKind::List:
        case ValueKind::Set:
        case ValueKind::FrozenSet:
        case ValueKind::Dict:
        case ValueKind::Object:
        case ValueKind::Persistent:
            return false;
        default:
            return true;
    }
}

Result<void> PickleMachine::protocol(Opcode /*code*/, const Argument& argument) {
    if (argument.number <= kHighestProtocol) return {};
    return fail(Errc::Unsupported,
                fmt::format("protocol {}, the highest known is {}", argument.number, kHighestProtocol));
}

// FRAME: the reader looks after frames.
Result<void> PickleMachine::nothing(Opcode /*code*/, const Argument& /*argument*/) {
    return {};
}

Result<void> PickleMachine::outOfBand(Opcode /*code*/, const Argument& /*argument*/) {
    return fail(Errc::Unsupported, "needs a buffer that is not part of the pickle");
}

Result<void> PickleMachine::stop(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(root_, pop());
    return {};
}

Result<void> PickleMachine::checkSize() const {
    if (values_.size() + marks_.size() > limits::kPickleStack)
        return fail(Errc::OverLimit, fmt::format("more than {} values on the stack", limits::kPickleStack),
                    in_.opcodeOffset());
    std::size_t containers = 0;
    for (const auto kind : {ValueKind::List, ValueKind::Dict, ValueKind::Object, ValueKind::Persistent})
        containers += tree_.identityLimit(kind);
    if (containers > limits::kPickleContainers)
        return fail(Errc::OverLimit, fmt::format("more than {} containers", limits::kPickleContainers),
                    in_.opcodeOffset());
    return {};
}

Result<Value> PickleMachine::run() {
    // An opcode adds one value at most, so looking now and then is enough.
    constexpr std::uint64_t kOpcodesBetweenChecks = 1U << 16U;
    floor_ = tree_.poolMark();
    for (std::uint64_t opcodes = 1; !root_; ++opcodes) {
        if (opcodes % kOpcodesBetweenChecks == 0) TRY_VOID(checkSize());
        if (!in_.next()) return fail(in_.error());
        if (in_.frameFlaw()) return fail(*in_.frameFlaw());
        // The reader has refused bytes that are no opcode, and every opcode has a handler.
        if (auto done = (this->*kHandlers[in_.code()])(in_.opcode(), in_.argument()); !done) {
            Error error = std::move(done.error());
            error.what = fmt::format("{}: {}", in_.info().name, error.what);
            error.offset = in_.opcodeOffset();
            return fail(std::move(error));
        }
    }
    if (auto nested = checkNesting(tree_, *root_, limits::kNestingDepth); !nested) {
        nested.error().offset = start_;
        return fail(std::move(nested.error()));
    }
    return *root_;
}

Result<Value> runPickle(ValueTree& tree, std::span<const std::byte> pickle, std::uint64_t startOffset,
                        const PickleScan& scan, PickleResolver& resolver) {
    return PickleMachine(tree, pickle, startOffset, scan, resolver).run();
}

}  // namespace plimsoll
