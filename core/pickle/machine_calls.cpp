// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "base/limits.h"
#include "pickle/literals.h"
#include "pickle/machine_state.h"
#include "pickle/standard_calls.h"

namespace plimsoll {

namespace {

bool isCallable(Value v) {
    return v.kind == ValueKind::Global || v.kind == ValueKind::Object || v.kind == ValueKind::Persistent;
}

Result<void> checkCall(Value callable, Value args) {
    if (!isCallable(callable))
        return fail(Errc::Corrupt, fmt::format("a {} cannot be called, expected a global", kindName(callable.kind)));
    if (args.kind != ValueKind::Tuple)
        return fail(Errc::Corrupt, fmt::format("the arguments are a {}, expected a tuple", kindName(args.kind)));
    return {};
}

}  // namespace

Result<void> PickleMachine::pushGlobal(std::string_view module, std::string_view name) {
    if (module.empty() || name.empty()) return fail(Errc::Corrupt, "a global without a module or a name");
    if (!isPickleUtf8(module) || !isPickleUtf8(name)) return fail(Errc::Corrupt, "a global's name is not UTF-8");
    push(tree_.global(module, name));
    if (tree_.globalCount() > limits::kPickleGlobals)
        return fail(Errc::OverLimit, fmt::format("more than {} different globals", limits::kPickleGlobals));
    return {};
}

Result<void> PickleMachine::globalName(Opcode /*code*/, const Argument& argument) {
    return pushGlobal(argument.text, argument.text2);
}

Result<void> PickleMachine::stackGlobal(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(const Value name, pop());
    TRY(const Value module, pop());
    for (const Value part : {module, name}) {
        if (part.kind == ValueKind::String || part.kind == ValueKind::ByteString) continue;
        // An object may turn out to be a str when Python makes it; nothing is made here.
        return fail(part.kind == ValueKind::Object ? Errc::Unsupported : Errc::Corrupt,
                    fmt::format("module and name of a global must be str, one is a {}", kindName(part.kind)));
    }
    return pushGlobal(tree_.text(module), tree_.text(name));
}

Result<void> PickleMachine::extension(Opcode /*code*/, const Argument& argument) {
    const auto code = static_cast<std::int64_t>(argument.number);
    if (code <= 0) return fail(Errc::Corrupt, fmt::format("extension code {}, they start at 1", code));
    return fail(Errc::Unsupported,
                fmt::format("extension code {} means something only in the program that wrote it", code));
}

Result<void> PickleMachine::pushPersistent(Value id, PoolMark since) {
    TRY(const auto resolved, resolver_.persistent(tree_, id));
    if (!resolved) {
        keep(id);
        push(tree_.persistent(id));
        return {};
    }
    if (isLeaf(*resolved)) release(since);
    push(*resolved);
    return {};
}

Result<void> PickleMachine::persistentLine(Opcode /*code*/, const Argument& argument) {
    if (!isPickleUtf8(argument.text)) return fail(Errc::Corrupt, "the id is not text");
    return pushPersistent(tree_.textIn(ValueKind::String, argument.text), tree_.poolMark());
}

Result<void> PickleMachine::persistentTop(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(const Value id, top());
    const PoolMark since = pools_.back();
    truncate(values_.size() - 1);
    return pushPersistent(id, since);
}

void PickleMachine::pushObject(ObjectForm form, Value callable, Value args, Value kwargs) {
    keep(callable);
    keep(args);
    keep(kwargs);
    ObjectParts parts;
    parts.form = form;
    parts.callable = callable;
    parts.args = args;
    parts.kwargs = kwargs;
    // The mark is taken before the object exists, so that whoever consumes the slot can give the object back.
    const PoolMark since = tree_.poolMark();
    push(tree_.object(std::move(parts)));
    pools_.back() = since;
}

Result<void> PickleMachine::reduce(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(const Value args, pop());
    TRY(const Value callable, top());
    const PoolMark since = pools_.back();
    truncate(values_.size() - 1);
    TRY_VOID(checkCall(callable, args));
    TRY(auto resolved, resolver_.reduce(tree_, callable, args));
    if (!resolved) resolved = standardCall(tree_, callable, args);
    if (!resolved) {
        pushObject(ObjectForm::Reduce, callable, args, ValueTree::none());
        return {};
    }
    if (isLeaf(*resolved)) release(since);
    push(*resolved);
    return {};
}

Result<void> PickleMachine::newObject(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(const Value args, pop());
    TRY(const Value callable, pop());
    TRY_VOID(checkCall(callable, args));
    pushObject(ObjectForm::NewObj, callable, args, ValueTree::none());
    return {};
}

Result<void> PickleMachine::newObjectEx(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(const Value kwargs, pop());
    TRY(const Value args, pop());
    TRY(const Value callable, pop());
    TRY_VOID(checkCall(callable, args));
    if (kwargs.kind != ValueKind::Dict)
        return fail(Errc::Corrupt, fmt::format("the named arguments are a {}, expected a dict", kindName(kwargs.kind)));
    pushObject(ObjectForm::NewObjEx, callable, args, kwargs);
    return {};
}

// INST names its class, OBJ has it above the mark; both have the arguments there.
Result<void> PickleMachine::instance(Opcode code, const Argument& argument) {
    TRY(const std::size_t position, popMark());
    Value callable;
    std::size_t firstArgument = position;
    if (code == Opcode::Inst) {
        TRY_VOID(pushGlobal(argument.text, argument.text2));
        callable = values_.back();
        truncate(values_.size() - 1);
    } else {
        if (above(position).empty()) return fail(Errc::Corrupt, "no class is above the mark");
        callable = values_[position];
        ++firstArgument;
    }
    const Value args = tree_.tuple(above(firstArgument));
    truncate(position);
    TRY_VOID(checkCall(callable, args));
    pushObject(ObjectForm::Inst, callable, args, ValueTree::none());
    return {};
}

Result<void> PickleMachine::build(Opcode /*code*/, const Argument& /*argument*/) {
    TRY(const Value state, pop());
    TRY(const Value target, top());
    if (target.kind != ValueKind::Object) return wrongTarget(target, "an object");
    keep(state);
    tree_.mutableObject(target).states.push_back(state);
    return {};
}

}  // namespace plimsoll
