// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/plain_entry.h"
#include "convert/plan.h"
#include "convert/selection.h"
#include "pickle/value.h"

namespace plimsoll {

// What torch.save(tensor) writes, whole. As a part it is detached and on the CPU, as torch.distributed.checkpoint
// brings tensors there.
[[nodiscard]] Result<PlannedFile> tensorArchive(PlainEntry entry, ArchiveUse use);

// The same archive with nothing but its record, and what it takes to make the rest again.
[[nodiscard]] PlannedFile describedArchive(PlannedFile archive, ArchiveUse use);

// The archive that was described.
//   record  its record, wherever it lies
[[nodiscard]] Result<PlannedFile> tensorArchiveAgain(const Checkpoint& source, const PlannedRecord& record,
                                                     ArchiveUse use);

// What torch.save(object) writes, with the tensors that lie in it. It has no path yet.
struct ObjectArchive {
    PlannedFile file;
    std::vector<Selection::Pick> picks;  // those tensors, under their names in the table
    std::vector<std::string> notes;
};
//   to      per row of the table
//   errors  as planStorages
[[nodiscard]] Result<ObjectArchive> objectArchive(const Checkpoint& source, const ValueTree& tree, Value object,
                                                  std::span<const DType> to, ArchiveUse use);

// One blob for those that touch each other: an archive has ten small ones around a record. Without spare room.
[[nodiscard]] PlannedFile compactArchive(PlannedFile archive);

}  // namespace plimsoll
