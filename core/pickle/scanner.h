// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pickle/memo_index.h"

namespace plimsoll {

enum class Verdict : std::uint8_t { Safe, Suspicious, Dangerous };

// A name that a pickle wants imported. Dynamic: computed at run time (module and name are "?"), so never clean.
struct GlobalRef {
    std::string module;
    std::string name;
    Verdict verdict = Verdict::Suspicious;
    bool dynamic = false;
    std::string reason;        // why, in words: "runs shell commands"
    std::uint64_t offset = 0;  // of the first opcode that names it, in its pickle's file

    friend bool operator==(const GlobalRef& a, const GlobalRef& b) {
        return a.module == b.module && a.name == b.name && a.dynamic == b.dynamic;
    }
};

// Safe: torch 2.11's weights_only list. Dangerous: known to run code, load code, or touch files, processes, network.
// Suspicious: everything else. A dotted name is judged as a whole. Python 2 spellings count as their Python 3 forms.
[[nodiscard]] Verdict judgeGlobal(std::string_view module, std::string_view name, std::string* reason = nullptr);

// "safe", "suspicious", "dangerous".
[[nodiscard]] std::string_view verdictName(Verdict verdict) noexcept;

// What one pass over the opcodes tells, without building anything.
struct PickleScan {
    std::vector<GlobalRef> globals;  // each once, in order of appearance
    MemoIndices memoRead;            // memo indices that some GET reads, numbered
    bool memoizes = false;           // MEMOIZE is used
    std::uint64_t endOffset = 0;     // one past STOP (or where the stream broke), file offset
    std::uint8_t protocol = 0;
    std::optional<Error> broken;  // why the stream could not be followed to STOP, or cannot be read in one way only
};

// Follows one pickle from its first opcode to STOP, protocols 0-5. Never fails: a stream that breaks is `broken`, with
// the globals up to there (or a little further: no loader gets to see more than is listed). Time O(bytes), memory
// O(distinct globals + memo bits + names that STACK_GLOBAL takes from the memo).
//   startOffset  file offset of pickle[0]
//   stop         a scan that is stopped is `broken` as Cancelled
[[nodiscard]] PickleScan scanPickle(std::span<const std::byte> pickle, std::uint64_t startOffset = 0,
                                    const std::stop_token& stop = {});

// Adds those of `more` that `into` does not have.
void mergeGlobals(std::vector<GlobalRef>& into, const std::vector<GlobalRef>& more);

}  // namespace plimsoll
