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
// that pushed one, or anything else; and what reads a member of an enumeration (enum_reads.h). Deep slots are forgotten
// (they become anything else), so memory is bounded.
class SymbolicStack {
public:
    using Slot = std::uint64_t;
    static constexpr Slot kOther = ~Slot{0};
    static constexpr Slot kGetattr = kOther - 2;
    static constexpr Slot kMemberOfEnum = kOther - 3;  // the tuple (enumeration, name of a member)
    static constexpr Slot enumClass(std::uint32_t known) noexcept { return kFirstEnum - known; }
    static std::optional<std::uint32_t> enumOf(Slot slot) noexcept {
        if (slot > kFirstEnum || slot <= kFirstEnum - kEnumSlots) return std::nullopt;
        return static_cast<std::uint32_t>(kFirstEnum - slot);
    }
    static bool isText(Slot slot) noexcept { return slot <= kFirstEnum - kEnumSlots; }

    // scan: the same stream's, of which the memo's use is known.
    explicit SymbolicStack(const PickleScan& scan)
        : scan_(scan), memo_(static_cast<std::size_t>(scan.memoRead.count()), kOther) {}

    // Applies the opcode that was read. For STACK_GLOBAL the operands must have been taken with pop() before.
    //   made  what the value is that the opcode makes, if it is known
    // False where the memo has more indices that no pickler gives than limits.h allows.
    [[nodiscard]] bool apply(const OpcodeReader& in, Slot made = kOther);

    // The top slot off the stack; kOther where there is none or it is a mark.
    Slot pop();
    // The slot `depth` below the top; kOther likewise.
    [[nodiscard]] Slot peek(std::size_t depth) const;

    // How often kGetattr came onto the stack.
    [[nodiscard]] std::uint64_t getattrs() const noexcept { return getattrs_; }
    // Whether a GET read an entry that was too many to be kept: it may have been anything.
    [[nodiscard]] bool readUnknown() const noexcept { return readUnknown_; }

private:
    static constexpr Slot kMark = kOther - 1;
    static constexpr Slot kFirstEnum = kOther - 4;
    static constexpr Slot kEnumSlots = 1024;

    void push(Slot slot);
    void popFromMark();
    void put(std::uint64_t index);
    [[nodiscard]] bool store(std::optional<std::uint64_t> index, std::uint64_t bytesRead);
    [[nodiscard]] Slot stored(std::optional<std::uint64_t> index);
    void replace(int taken, Slot made);
    void applyPlain(StackEffect effect, std::uint64_t place, Slot made);

    const PickleScan& scan_;
    std::vector<Slot> slots_;
    std::vector<Slot> memo_;  // by MemoIndices::slot() of what some GET reads
    MemoIndices stored_;      // kept where a MEMOIZE asks how many there are
    std::uint64_t getattrs_ = 0;
    bool readUnknown_ = false;
};

}  // namespace plimsoll
