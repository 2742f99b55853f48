// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <span>
#include <stop_token>

#include "base/progress.h"
#include "base/result.h"
#include "convert/output_set.h"
#include "convert/plan.h"
#include "convert/run.h"
#include "convert/work_queue.h"
#include "convert/work_shape.h"

namespace plimsoll {

// Moves all bytes of planned files: blobs, records block by block on several threads, checksums.
struct EngineJob {
    std::span<const PlannedFile> files;
    WorkShape shape;
    std::function<BlockSource()> makeSource;  // called once per worker; what it gives is used by that worker only
    WorkQueue::InOrder inOrder;               // records that one worker must make from their start to their end
};

// The first error of any worker ends all of them.
//   progress  counts source bytes
[[nodiscard]] Result<void> writeFiles(const EngineJob& job, const OutputSet& out, ProgressSink& progress,
                                      const std::stop_token& stop);

}  // namespace plimsoll
