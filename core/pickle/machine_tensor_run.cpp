// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/literals.h"
#include "pickle/machine_state.h"

namespace plimsoll {

// What was stored under this index; none() where nothing was, which no part of a run is.
Value PickleMachine::recalled(std::uint64_t index) const {
    const auto slot = scan_.memoRead.slot(index);
    return slot == MemoIndices::kNone ? ValueTree::none() : memo_[slot];
}

bool PickleMachine::isOrderedDict(Value callable) {
    if (callable == lastHooks_) return true;
    if (!tree_.isGlobal(callable, "collections", "OrderedDict")) return false;
    lastHooks_ = callable;
    return true;
}

// Anything out of the ordinary (an entry that is read later, a name that is none, an answer that is no leaf, an error)
// leaves everything as it was: the opcodes are then gone through one by one.
bool PickleMachine::tookTensorRun(std::uint64_t callable) {
    TensorRun run;
    if (!matchTensorRun(in_.ahead(), run) || scan_.memoizes || !isPickleUtf8(run.key)) return false;
    for (std::size_t i = 0; i < run.puts; ++i)
        if (scan_.memoRead.contains(run.stored[i])) return false;
    const PickleResolver::TensorRunNames names{recalled(callable), recalled(run.tag), recalled(run.type),
                                               recalled(run.location)};
    if (names.callable.kind != ValueKind::Global || !isOrderedDict(recalled(run.hooks))) return false;
    const auto tensor = resolver_.tensor(tree_, names, run);
    if (!tensor) return false;
    push(*tensor);
    in_.skip(run.bytes);
    return true;
}

}  // namespace plimsoll
