// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <stop_token>

#include "convert/plan.h"
#include "convert/run.h"
#include "convert/work_queue.h"
#include "io/read_ahead.h"

namespace plimsoll {

// One worker's way from a checkpoint to blocks of a plan's records: reads, turns bytes, casts.
//   blockBytes    no block, before or after its cast, is larger
//   measuresLoss  whether it adds up what casts cost
//   stop          also ends waiting for a server
//   ahead         where given, what expectItem announced comes from there
[[nodiscard]] BlockSource checkpointBlocks(const Plan& plan, std::uint64_t blockBytes, bool measuresLoss,
                                           const std::stop_token& stop, ReadAhead* ahead = nullptr);

// Announces what a work item of the plan's files will read, where it lies in a file as it is needed.
void expectItem(const Plan& plan, const WorkItem& item, ReadAhead& ahead);

// Records that can only be read from their start to their end: a deflated stream only goes forward. For queues over
// files of the plan, which it must outlive.
[[nodiscard]] WorkQueue::InOrder onlyForward(const Plan& plan);

}  // namespace plimsoll
