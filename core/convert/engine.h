// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "convert/part_ledger.h"
#include "convert/plan.h"
#include "convert/run.h"
#include "convert/work_queue.h"
#include "convert/work_shape.h"

namespace plimsoll {

// Moves the bytes of planned files, block by block on several threads.
struct EngineJob {
    std::span<const PlannedFile> files;
    const Checkpoint* source = nullptr;  // where files have archives that are made again
    WorkShape shape;
    std::function<BlockSource()> makeSource;  // called once per worker; what it gives is used by that worker only
    WorkQueue::InOrder inOrder;               // records that one worker must make from their start to their end
    std::vector<bool> done = {};              // items that need not be made again
    std::vector<bool> ownFiles = {};          // by file: those that are made here; empty: all
    ItemsAhead ahead = {};                    // what will be read soon
    // Where the bytes go; called from several threads.
    std::function<Result<void>(std::size_t file, std::uint64_t offset, std::span<const std::byte> bytes)> write;
    // An item is written; its parts' checksums and losses. Called from several threads.
    std::function<Result<void>(const WorkItem& item, std::span<const PartSummary> parts)> finished;
};

// All items of a job, those that are done as well.
[[nodiscard]] WorkQueue itemsOf(const EngineJob& job);

// Makes all records that are not done. The first error of any worker ends all of them.
//   progress  counts source bytes, those of items that were done before included
[[nodiscard]] Result<void> moveRecords(const EngineJob& job, ProgressSink& progress, const std::stop_token& stop);

// Runs `work` on that many threads, this one included, until each has ended; the first error counts. `work` looks at
// `failed` now and then and ends where another one failed.
using Work = std::function<Result<void>(const std::function<bool()>& failed)>;
[[nodiscard]] Result<void> runOnThreads(unsigned threads, const Work& work);

}  // namespace plimsoll
