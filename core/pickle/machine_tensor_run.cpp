// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>

#include "base/limits.h"
#include "pickle/literals.h"
#include "pickle/machine_state.h"
#include "pickle/tensor_run.h"

namespace plimsoll {

namespace {

Value numbers(ValueTree& tree, const TensorRun::Sizes& sizes) {
    std::array<Value, TensorRun::kMostDims> values;
    // A run has no more than kMostDims; g++ 12 must be told.
    const std::size_t count = std::min<std::size_t>(sizes.count, values.size());
    for (std::size_t i = 0; i < count; ++i) values[i] = ValueTree::integer(sizes.numbers[i]);
    return tree.tuple(std::span(values).first(count));
}

}  // namespace

// What was stored under this index; none() where nothing was, which no part of a run is.
Value PickleMachine::recalled(std::uint64_t index) const {
    const auto slot = scan_.memoRead.slot(index);
    return slot == MemoIndices::kNone ? ValueTree::none() : memo_[slot];
}

// Makes the values that the run's opcodes would make and asks the resolver as they would. Anything out of the ordinary
// (an entry that is read later, a name that is none, an answer that is no leaf, an error) leaves everything as it was:
// the opcodes are then gone through one by one. A resolver is asked the same again in that case.
bool PickleMachine::tookTensorRun(std::uint64_t callable) {
    const auto run = matchTensorRun(in_.ahead(), callable);
    if (!run || scan_.memoizes || run->key.size() > limits::kPickleTextBytes || !isPickleUtf8(run->key)) return false;
    for (std::size_t i = 0; i < run->puts; ++i)
        if (scan_.memoRead.contains(run->stored[i])) return false;
    const Value function = recalled(run->callable);
    const Value hooks = recalled(run->hooks);
    if (function.kind != ValueKind::Global || !tree_.isGlobal(hooks, "collections", "OrderedDict")) return false;

    const PoolMark since = tree_.poolMark();
    const std::array id = {recalled(run->tag), recalled(run->type), tree_.textIn(ValueKind::String, run->key),
                           recalled(run->location), ValueTree::integer(run->count)};
    const auto storage = resolver_.persistent(tree_, tree_.tuple(id));
    if (!storage || !*storage || hasIdentity((*storage)->kind)) {
        release(since);
        return false;
    }
    release(since);
    ObjectParts noHooks;
    noHooks.callable = hooks;
    noHooks.args = tree_.tuple({});
    const std::array args = {**storage,
                             ValueTree::integer(run->offset),
                             numbers(tree_, run->size),
                             numbers(tree_, run->stride),
                             ValueTree::boolean(run->requiresGrad),
                             tree_.object(std::move(noHooks))};
    const auto tensor = resolver_.reduce(tree_, function, tree_.tuple(args));
    release(since);
    if (!tensor || !*tensor || hasIdentity((*tensor)->kind)) return false;
    push(**tensor);
    in_.skip(run->bytes);
    return true;
}

}  // namespace plimsoll
