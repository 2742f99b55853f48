// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>

#include "base/progress.h"
#include "base/result.h"
#include "convert/engine.h"
#include "convert/final_blobs.h"
#include "convert/output_set.h"
#include "convert/part_ledger.h"

namespace plimsoll {

// Reads everything back that a job wrote, from the disk where the system lets go of its cache, and compares: records by
// the checksums that were taken before they were written, all other bytes one by one.
//   blobs     of every file of the job
//   progress  counts bytes of the output
//   errors    Corrupt, with file and offset; Io, Truncated; Cancelled
[[nodiscard]] Result<void> verifyOutput(const EngineJob& job, const PartLedger& ledger,
                                        std::span<const FileBlobs> blobs, const OutputSet& out, ProgressSink& progress,
                                        const std::stop_token& stop);

}  // namespace plimsoll
