// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>

#include "compare/diff.h"

namespace plimsoll {

// Fills values and valuesDiffer by reading both sides of every pair, large ones in several parts at a time.
[[nodiscard]] Result<void> compareValues(DiffReport& report, unsigned threads, ProgressSink& progress,
                                         const std::stop_token& stop);

}  // namespace plimsoll
