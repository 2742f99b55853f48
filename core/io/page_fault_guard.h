// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/result.h"
#include "io/paged_range.h"

namespace plimsoll {

// Lets a thread that touches an absent page of a watched range wait until the range has provided it. The SIGSEGV that
// the touch raises only hands the address to threads of this guard's, which read in ordinary code; a SIGSEGV elsewhere
// goes to the handler that was there before. All functions are safe from any thread.
namespace page_fault_guard {

// How many ranges may be watched at once.
inline constexpr int kSlots = 16'384;

// Watches `range`, which must stay until unwatch. Returns the slot.
//   errors  OverLimit with kSlots ranges, Io where handler, threads or their pipe cannot be made
[[nodiscard]] Result<int> watch(PagedRange& range);

// Ends it. No thread may be in the range any more.
void unwatch(int slot) noexcept;

}  // namespace page_fault_guard
}  // namespace plimsoll
