// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <stop_token>

#include "convert/plan.h"
#include "convert/run.h"

namespace plimsoll {

// One worker's way from a checkpoint to blocks of a plan's records: reads, turns bytes, casts.
//   blockBytes    no block, before or after its cast, is larger
//   measuresLoss  whether it adds up what casts cost
//   stop          also ends waiting for a server
[[nodiscard]] BlockSource checkpointBlocks(const Plan& plan, std::uint64_t blockBytes, bool measuresLoss,
                                           const std::stop_token& stop);

}  // namespace plimsoll
