// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/symbolic_stack.h"

namespace plimsoll {

namespace {

// No pickler keeps this many values between a string literal and the opcode that uses it as a name.
constexpr std::size_t kTrackedSlots = 1U << 20U;

}  // namespace

void SymbolicStack::push(Slot slot) {
    if (slots_.size() == 2 * kTrackedSlots)
        slots_.erase(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(kTrackedSlots));
    if (slot == kGetattr) ++getattrs_;
    slots_.push_back(slot);
}

SymbolicStack::Slot SymbolicStack::peek(std::size_t depth) const {
    if (depth >= slots_.size()) return kOther;
    const Slot slot = slots_[slots_.size() - 1 - depth];
    return slot == kMark ? kOther : slot;
}

SymbolicStack::Slot SymbolicStack::pop() {
    if (slots_.empty() || slots_.back() == kMark) return kOther;
    const Slot top = slots_.back();
    slots_.pop_back();
    return top;
}

void SymbolicStack::popFromMark() {
    while (!slots_.empty() && slots_.back() != kMark) slots_.pop_back();
    if (!slots_.empty()) slots_.pop_back();
}

void SymbolicStack::put(std::uint64_t index) {
    const auto slot = scan_.memoRead.slot(index);
    if (slot == MemoIndices::kNone) return;
    const Slot top = slots_.empty() ? kOther : slots_.back();
    memo_[slot] = top == kMark ? kOther : top;
}

bool SymbolicStack::store(std::optional<std::uint64_t> index, std::uint64_t bytesRead) {
    if (!index) return true;
    put(*index);
    return !scan_.memoizes || stored_.add(*index, bytesRead);
}

SymbolicStack::Slot SymbolicStack::stored(std::optional<std::uint64_t> index) {
    const auto slot = index ? scan_.memoRead.slot(*index) : MemoIndices::kNone;
    if (slot != MemoIndices::kNone) return memo_[slot];
    readUnknown_ = true;
    return kOther;
}

void SymbolicStack::replace(int taken, Slot made) {
    for (int i = 0; i < taken; ++i) pop();
    push(made);
}

bool SymbolicStack::apply(const OpcodeReader& in, Slot made) {
    switch (in.info().effect) {
        case StackEffect::Put:
            return store(memoIndexOf(in.info().form, in.argument()), in.consumed());
        case StackEffect::Memoize:
            return store(stored_.count(), in.consumed());
        case StackEffect::Get:
            push(stored(memoIndexOf(in.info().form, in.argument())));
            return true;
        default:
            applyPlain(in.info().effect, in.place(), made);
            return true;
    }
}

void SymbolicStack::applyPlain(StackEffect effect, std::uint64_t place, Slot made) {
    switch (effect) {
        case StackEffect::Nothing:
        case StackEffect::End:
        case StackEffect::Put:
        case StackEffect::Memoize:
        case StackEffect::Get:
            return;
        case StackEffect::Push:
        case StackEffect::GlobalOnTop:
            return push(made);
        case StackEffect::PushText:
            return push(place);
        case StackEffect::Mark:
            return push(kMark);
        case StackEffect::Pop:
            if (!slots_.empty()) slots_.pop_back();
            return;
        case StackEffect::Duplicate:
            return push(slots_.empty() || slots_.back() == kMark ? kOther : slots_.back());
        case StackEffect::Replace1:
            return replace(1, made);
        case StackEffect::Replace2:
            return replace(2, made);
        case StackEffect::Replace3:
            return replace(3, made);
        case StackEffect::Take1:
            pop();
            return;
        case StackEffect::Take2:
            pop();
            pop();
            return;
        case StackEffect::ReplaceFromMark:
            popFromMark();
            return push(kOther);
        case StackEffect::TakeFromMark:
            return popFromMark();
    }
}

}  // namespace plimsoll
