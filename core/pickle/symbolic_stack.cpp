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
    slots_.push_back(slot);
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
    stored_.add(index);
    const Slot top = slots_.empty() ? kOther : slots_.back();
    if (top >= kMark)
        memo_.erase(index);
    else if (memoRead_.readsMemo(index))
        memo_.insert_or_assign(index, top);
}

void SymbolicStack::replace(int taken) {
    for (int i = 0; i < taken; ++i) pop();
    push(kOther);
}

void SymbolicStack::apply(const OpcodeInfo& info, const OpcodeArgument& argument, std::uint64_t place) {
    switch (info.effect) {
        case StackEffect::Nothing:
        case StackEffect::End:
            return;
        case StackEffect::Push:
        case StackEffect::GlobalOnTop:
            return push(kOther);
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
            return replace(1);
        case StackEffect::Replace2:
            return replace(2);
        case StackEffect::Replace3:
            return replace(3);
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
        case StackEffect::Put:
            if (const auto index = memoIndexOf(info.form, argument)) put(*index);
            return;
        case StackEffect::Memoize:
            return put(stored_.count());
        case StackEffect::Get: {
            const auto index = memoIndexOf(info.form, argument);
            const auto entry = index ? memo_.find(*index) : memo_.end();
            return push(entry == memo_.end() ? kOther : entry->second);
        }
    }
}

}  // namespace plimsoll
