// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>
#include <vector>

#include "base/result.h"
#include "convert/engine.h"
#include "convert/final_blobs.h"
#include "convert/output_set.h"
#include "convert/part_ledger.h"

namespace plimsoll {

// Everything but the records of a job's files, once their checksums are known. Io, Cancelled.
[[nodiscard]] Result<std::vector<FileBlobs>> writeBlobs(const EngineJob& job, const PartLedger& ledger,
                                                        const OutputSet& out, const std::stop_token& stop);

}  // namespace plimsoll
