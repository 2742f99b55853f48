// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "convert/plan.h"

namespace plimsoll {

struct ConvertReport {
    std::vector<std::string> files;  // index included
    std::uint64_t tensors = 0;
    std::uint64_t bytesRead = 0;
    std::uint64_t bytesWritten = 0;
    double seconds = 0;
    std::uint64_t peakAnonBytes = 0;  // of this process above what it held at the start, sampled while running
};

// Reads a block, casts it, writes it at its place, on plan.recipe.threads threads within plan.recipe.memoryBytes.
// Files appear under their names only when all of them are complete; after an error or a stop none has appeared and
// what was there before is untouched.
//   progress  counts source bytes (plan.bytesRead in all)
//   errors    Usage (the destination exists, is the source or one of its shards, or another conversion writes it), Io,
//             Truncated or Corrupt from the source, Cancelled
[[nodiscard]] Result<ConvertReport> runPlan(const Plan& plan, ProgressSink& progress, std::stop_token stop);

// Where the blocks of a file that is written from scratch come from: fills `out` with the record's bytes from `offset`.
using BlockSource =
    std::function<Result<void>(const PlannedRecord& record, std::uint64_t offset, std::span<std::byte> out)>;

// The same engine for content that is computed (sample checkpoints): `source` is called from several threads.
[[nodiscard]] Result<ConvertReport> runGenerated(const PlannedFile& file, bool overwrite, unsigned threads,
                                                 const BlockSource& source, ProgressSink& progress,
                                                 std::stop_token stop);

}  // namespace plimsoll
