// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pickle/memo_index.h"
#include "pickle/opcode_reader.h"
#include "pickle/opcodes.h"
#include "pickle/scanner.h"

namespace plimsoll {

// A pickle machine's stack and memo in which only string literals are told apart: a slot is the place of the opcode
// that pushed one, or anything else. Deep slots are forgotten (they become anything else), so memory is bounded.
class SymbolicStack {
public:
    using Slot = std::uint64_t;
    static constexpr Slot kOther = ~Slot{0};

    // scan: the same stream's, of which the memo's use is known.
    explicit SymbolicStack(const PickleScan& scan)
        : scan_(scan), memo_(static_cast<std::size_t>(scan.memoRead.count()), kOther) {}

    // Applies the opcode that was read. For STACK_GLOBAL the operands must have been taken with pop() before.
    // False where the memo has more indices that no pickler gives than limits.h allows.
    [[nodiscard]] bool apply(const OpcodeReader& in);

    // The top slot off the stack; kOther where there is none or it is a mark.
    Slot pop();

private:
    static constexpr Slot kMark = kOther - 1;

    void push(Slot slot);
    void popFromMark();
    void put(std::uint64_t index);
    [[nodiscard]] bool store(std::optional<std::uint64_t> index, std::uint64_t bytesRead);
    [[nodiscard]] Slot stored(std::optional<std::uint64_t> index) const;
    void replace(int taken);
    void applyPlain(StackEffect effect, std::uint64_t place);

    const PickleScan& scan_;
    std::vector<Slot> slots_;
    std::vector<Slot> memo_;  // by MemoIndices::slot() of what some GET reads
    MemoIndices stored_;      // kept where a MEMOIZE asks how many there are
};

}  // namespace plimsoll
