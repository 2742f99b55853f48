// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

#include "base/result.h"

namespace plimsoll {

// What one worker does with item i of a job; called by that worker's thread only.
using ItemWork = std::function<Result<void>(std::size_t item)>;

// Gives out the items 0..count-1 in order to `threads` workers (0: one per processor), each with what makeWork returns
// for it. The first error ends all.
//   makeWork  called on the worker's own thread
//   errors    the first of any worker; Cancelled
[[nodiscard]] Result<void> runWorkers(std::size_t count, unsigned threads, const std::function<ItemWork()>& makeWork,
                                      const std::stop_token& stop);

}  // namespace plimsoll
