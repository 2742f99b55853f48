// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/progress.h"
#include "base/rename.h"
#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "tensor/difference.h"

namespace plimsoll {

struct DiffOptions {
    bool values = false;              // read and compare elements
    std::vector<RenameRule> renames;  // in turn, on the names of the first checkpoint
    unsigned threads = 0;             // 0: as many as processors
};

// Two tensors of one name.
struct TensorPair {
    TensorId a;
    TensorId b;
    bool shapeDiffers = false;
    bool dtypeDiffers = false;
    bool valuesDiffer = false;  // found by reading

    [[nodiscard]] bool same() const noexcept { return !shapeDiffers && !dtypeDiffers && !valuesDiffer; }
};

// What reading a pair told.
struct ValueDiff {
    enum class State : std::uint8_t {
        Compared,       // `difference` holds
        EqualBytes,     // packed or unknown types, all bytes equal
        UnequalBytes,   // packed or unknown types of one name with other bytes: what they mean is not known
        NotComparable,  // other shape, or types of which one has no values here; one side has no bytes
    };
    State state = State::NotComparable;
    Difference difference;
    std::string why;  // NotComparable
};

struct DiffReport {
    std::shared_ptr<const Checkpoint> a;
    std::shared_ptr<const Checkpoint> b;
    std::vector<TensorPair> pairs;     // in a's order
    std::vector<TensorId> removed;     // of a, without a partner
    std::vector<TensorId> added;       // of b
    std::vector<ValueDiff> values;     // per pair; empty unless they were read
    std::uint64_t same = 0;            // pairs that do not differ
    std::string suggestedRename;       // of one --rename that would pair more; empty where there is none
    std::uint64_t suggestedPairs = 0;  // that it would add

    [[nodiscard]] bool equal() const noexcept { return same == pairs.size() && removed.empty() && added.empty(); }
};

// Pairs the tensors of two checkpoints by name and compares shapes and types; with options.values their elements too,
// across formats and types, on all processors, a few MiB each. Tensors of one name in one file pair in their order.
//   progress  counts bytes that are read on both sides, and announces them
//   errors    Io, Truncated, Corrupt from a file whose elements are read, named in the error's path; Cancelled
[[nodiscard]] Result<DiffReport> diff(std::shared_ptr<const Checkpoint> a, std::shared_ptr<const Checkpoint> b,
                                      const DiffOptions& options, ProgressSink& progress, const std::stop_token& stop);

}  // namespace plimsoll
