// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "compare/diff.h"
#include "output.h"

namespace plimsoll::cli {

// Tables of what differs, then the counts.
void printDiff(Output& out, const DiffReport& report);

// One JSON document. Where values were read it has them for every pair, else only for what differs.
void writeDiffJson(Output& out, const DiffReport& report);

}  // namespace plimsoll::cli
