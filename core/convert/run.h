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
#include "convert/team.h"
#include "tensor/cast_loss.h"

namespace plimsoll {

// What the cast of one record cost: of a tensor, or of a storage that tensors share.
struct RecordLoss {
    std::string name;
    DType from = DType::F32;
    DType to = DType::F32;
    CastLoss loss;
};

struct ConvertReport {
    std::vector<std::string> files;  // index included
    std::uint64_t tensors = 0;
    std::uint64_t bytesRead = 0;
    std::uint64_t bytesWritten = 0;
    double seconds = 0;
    std::uint64_t resumedBytes = 0;  // of bytesRead: done by an earlier, interrupted run
    bool verified = false;
    bool lossIsKnown = false;         // recipe.measureLoss, and the interrupted run that was resumed measured it too
    std::vector<RecordLoss> losses;   // where recipe.measureLoss; in the order of the output
    std::uint64_t peakAnonBytes = 0;  // of this process above what it held at the start, sampled while running
};

// Reads a block, casts it, writes it at its place, on plan.recipe.threads threads within plan.recipe.memoryBytes.
// Files appear under their names only when all of them are complete; after an error or a stop none has appeared and
// what was there before is untouched. What was done until then stays as DESTINATION.partial and a journal beside it,
// unless nothing was done or the source changed; recipe.resume goes on with it.
//   progress  progressBytes(plan) in all
//   errors    Usage (the destination exists, is the source or one of its shards, another conversion writes it, or what
//             is left of an interrupted one is of another plan or source), Io, Truncated or Corrupt from the source,
//             Corrupt where verification finds other bytes than were written, Cancelled
[[nodiscard]] Result<ConvertReport> runPlan(const Plan& plan, ProgressSink& progress, const std::stop_token& stop);

// The same by several processes, each with the same plan and a share of its files, on a file system that all of them
// see; the error of one ends all with it. A single file is made by the one that leads.
[[nodiscard]] Result<ConvertReport> runPlan(const Plan& plan, Team& team, ProgressSink& progress,
                                            const std::stop_token& stop);

// What the casts of a plan would cost, without writing anything.
//   progress  source bytes of what is cast
[[nodiscard]] Result<std::vector<RecordLoss>> previewLoss(const Plan& plan, ProgressSink& progress,
                                                          const std::stop_token& stop);

// Source bytes, and those that are read again where recipe.verify.
[[nodiscard]] std::uint64_t progressBytes(const Plan& plan) noexcept;

// Where the blocks of a file come from: fills `out` with the record's bytes from `offset`, and adds what a cast cost to
// `loss` where that is measured.
using BlockSource = std::function<Result<void>(const PlannedRecord& record, std::uint64_t offset,
                                               std::span<std::byte> out, CastLoss& loss)>;

// The same engine for content that is computed (sample checkpoints): `source` is called from several threads.
[[nodiscard]] Result<ConvertReport> runGenerated(const PlannedFile& file, bool overwrite, unsigned threads,
                                                 const BlockSource& source, ProgressSink& progress,
                                                 const std::stop_token& stop);

}  // namespace plimsoll
