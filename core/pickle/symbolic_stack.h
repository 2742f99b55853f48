// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "pickle/memo_index.h"
#include "pickle/opcodes.h"
#include "pickle/scanner.h"

namespace plimsoll {

// A pickle machine's stack and memo in which only string literals are told apart: a slot is the place of the opcode
// that pushed one, or anything else. Deep slots are forgotten (they become anything else), so memory is bounded.
class SymbolicStack {
public:
    using Slot = std::uint64_t;
    static constexpr Slot kOther = ~Slot{0};

    // memoRead: of the same stream, so that only entries that are read are kept.
    explicit SymbolicStack(const PickleScan& memoRead) : memoRead_(memoRead) {}

    // Applies an opcode that lies at `place`, from the stream's start. For STACK_GLOBAL the operands must have been
    // taken with pop() before.
    void apply(const OpcodeInfo& info, const OpcodeArgument& argument, std::uint64_t place);

    // The top slot off the stack; kOther where there is none or it is a mark.
    Slot pop();

private:
    static constexpr Slot kMark = kOther - 1;

    void push(Slot slot);
    void popFromMark();
    void put(std::uint64_t index);
    void replace(int taken);

    const PickleScan& memoRead_;
    std::vector<Slot> slots_;
    std::unordered_map<std::uint64_t, Slot> memo_;
    MemoIndices stored_;
};

}  // namespace plimsoll
