// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <stop_token>

#include "convert/plan.h"
#include "convert/run.h"
#include "convert/work_queue.h"

namespace plimsoll {

// One worker's way from a checkpoint to blocks of a plan's records: reads, turns bytes, casts.
//   blockBytes    no block, before or after its cast, is larger
//   measuresLoss  whether it adds up what casts cost
//   stop          also ends waiting for a server
[[nodiscard]] BlockSource checkpointBlocks(const Plan& plan, std::uint64_t blockBytes, bool measuresLoss,
                                           const std::stop_token& stop);

// Records that can only be read from their start to their end: a deflated stream only goes forward. For queues over
// files of the plan, which it must outlive.
[[nodiscard]] WorkQueue::InOrder onlyForward(const Plan& plan);

}  // namespace plimsoll
