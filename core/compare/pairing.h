// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "compare/diff.h"

namespace plimsoll {

// Fills pairs, removed and added. O(tensors).
void pairTensors(DiffReport& report, const std::vector<RenameRule>& renames);

// Looks for one change of front ("model." to "") that would pair tensors that are left alone; fills suggestedRename.
// A sample of the names is looked at.
void suggestRename(DiffReport& report);

}  // namespace plimsoll
