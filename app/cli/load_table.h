// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lab/load_report.h"
#include "output.h"

namespace plimsoll::cli {

// A row for each run, then their notes.
void printLoadTable(Output& out, const LoadReport& report);

}  // namespace plimsoll::cli
