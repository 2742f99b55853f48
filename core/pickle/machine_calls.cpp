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

}  // namespace

bool PickleMachine::checkCall(Value callable, Value args) {
    if (!isCallable(callable))
        return refuse(Errc::Corrupt, fmt::format("a {} cannot be called, expected a global", kindName(callable.kind)));
    if (args.kind != ValueKind::Tuple)
        return refuse(Errc::Corrupt, fmt::format("the arguments are a {}, expected a tuple", kindName(args.kind)));
    return true;
}

bool PickleMachine::makeGlobal(std::string_view module, std::string_view name, Value& global) {
    if (module.empty() || name.empty()) return refuse(Errc::Corrupt, "a global without a module or a name");
    if (!isPickleUtf8(module) || !isPickleUtf8(name)) return refuse(Errc::Corrupt, "a global's name is not UTF-8");
    global = tree_.global(module, name);
    if (tree_.globalCount() > limits::kPickleGlobals)
        return refuse(Errc::OverLimit, fmt::format("more than {} different globals", limits::kPickleGlobals));
    return true;
}

bool PickleMachine::globalName(Opcode /*code*/, const Argument& argument) {
    Value global;
    if (!makeGlobal(argument.text, argument.text2, global)) return false;
    push(global);
    return true;
}

bool PickleMachine::stackGlobal(Opcode /*code*/, const Argument& /*argument*/) {
    Value name, module, global;
    if (!pop(name) || !pop(module)) return false;
    for (const Value part : {module, name}) {
        if (part.kind == ValueKind::String || part.kind == ValueKind::ByteString) continue;
        // An object may turn out to be a str when Python makes it; nothing is made here.
        return refuse(part.kind == ValueKind::Object ? Errc::Unsupported : Errc::Corrupt,
                      fmt::format("module and name of a global must be str, one is a {}", kindName(part.kind)));
    }
    if (!makeGlobal(tree_.text(module), tree_.text(name), global)) return false;
    push(global);
    return true;
}

bool PickleMachine::extension(Opcode /*code*/, const Argument& argument) {
    const auto code = static_cast<std::int64_t>(argument.number);
    if (code <= 0) return refuse(Errc::Corrupt, fmt::format("extension code {}, they start at 1", code));
    return refuse(Errc::Unsupported,
                  fmt::format("extension code {} means something only in the program that wrote it", code));
}

bool PickleMachine::pushPersistent(Value id, PoolMark since) {
    auto resolved = resolver_.persistent(tree_, id);
    if (!resolved) return refuse(std::move(resolved.error()));
    if (!*resolved) {
        keep(id);
        push(tree_.persistent(id));
        return true;
    }
    if (!hasIdentity((*resolved)->kind)) release(since);
    push(**resolved);
    return true;
}

bool PickleMachine::persistentLine(Opcode /*code*/, const Argument& argument) {
    if (!isPickleUtf8(argument.text)) return refuse(Errc::Corrupt, "the id is not text");
    return pushPersistent(tree_.textIn(ValueKind::String, argument.text), tree_.poolMark());
}

bool PickleMachine::persistentTop(Opcode /*code*/, const Argument& /*argument*/) {
    if (!has(1)) return false;
    const Value id = stack_.fromTop(0);
    const PoolMark since = stack_.sinceFromTop(0);
    stack_.drop(1);
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
    stack_.push(tree_.object(std::move(parts)), since);
}

bool PickleMachine::reduce(Opcode /*code*/, const Argument& /*argument*/) {
    Value args;
    if (!pop(args) || !has(1)) return false;
    const Value callable = stack_.fromTop(0);
    const PoolMark since = stack_.sinceFromTop(0);
    stack_.drop(1);
    if (!checkCall(callable, args)) return false;
    auto resolved = resolver_.reduce(tree_, callable, args);
    if (!resolved) return refuse(std::move(resolved.error()));
    if (!*resolved) *resolved = standardCall(tree_, callable, args);
    if (!*resolved) {
        pushObject(ObjectForm::Reduce, callable, args, ValueTree::none());
        return true;
    }
    if (!hasIdentity((*resolved)->kind)) release(since);
    push(**resolved);
    // What a call makes may be longer than its arguments: a set of one long list, again and again.
    return checkTree();
}

bool PickleMachine::newObject(Opcode /*code*/, const Argument& /*argument*/) {
    Value args, callable;
    if (!pop(args) || !pop(callable) || !checkCall(callable, args)) return false;
    pushObject(ObjectForm::NewObj, callable, args, ValueTree::none());
    return true;
}

bool PickleMachine::newObjectEx(Opcode /*code*/, const Argument& /*argument*/) {
    Value kwargs, args, callable;
    if (!pop(kwargs) || !pop(args) || !pop(callable) || !checkCall(callable, args)) return false;
    if (kwargs.kind != ValueKind::Dict)
        return refuse(Errc::Corrupt,
                      fmt::format("the named arguments are a {}, expected a dict", kindName(kwargs.kind)));
    pushObject(ObjectForm::NewObjEx, callable, args, kwargs);
    return true;
}

// INST names its class, OBJ has it above the mark; both have the arguments there.
bool PickleMachine::instance(Opcode code, const Argument& argument) {
    std::size_t position = 0;
    if (!popMark(position)) return false;
    Value callable;
    auto args = stack_.above(position);
    if (code == Opcode::Inst) {
        if (!makeGlobal(argument.text, argument.text2, callable)) return false;
    } else {
        if (args.empty()) return refuse(Errc::Corrupt, "no class is above the mark");
        callable = args.front();
        args = args.subspan(1);
    }
    const Value tuple = tree_.tuple(args);
    stack_.dropTo(position);
    if (!checkCall(callable, tuple)) return false;
    pushObject(ObjectForm::Inst, callable, tuple, ValueTree::none());
    return true;
}

bool PickleMachine::build(Opcode /*code*/, const Argument& /*argument*/) {
    Value state;
    if (!pop(state) || !has(1)) return false;
    const Value target = stack_.fromTop(0);
    if (target.kind != ValueKind::Object) return refuseTarget(target, "an object");
    keep(state);
    tree_.addState(target, state);
    return true;
}

}  // namespace plimsoll
