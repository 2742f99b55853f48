// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "convert/journal.h"
#include "convert/output_set.h"
#include "convert/plan.h"
#include "convert/source_guard.h"
#include "convert/work_shape.h"

namespace plimsoll {

// What the journal of a conversion begins with; its id and the output's inode are not known yet. Io, Truncated.
[[nodiscard]] Result<JournalHeader> journalHeader(const Plan& plan, const SourceGuard& guard, const WorkShape& shape);

// How what one journal is about differs from what another one is about; nothing where it is the same.
[[nodiscard]] std::optional<std::string> differenceOf(const JournalHeader& then, const JournalHeader& now);

// Whether an interrupted conversion can be gone on with: it must have been of the same plan and the same source.
//   content  its journal
//   now      what the journal of this conversion would begin with
//   shape    in: as the recipe wants it; out: with the blocks of the interrupted one
//   errors   Usage, about the partial output: why it cannot
[[nodiscard]] Result<void> checkResumable(const Journal::Content& content, const JournalHeader& now, const Plan& plan,
                                          OutputSet& out, WorkShape& shape);

}  // namespace plimsoll
