// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <vector>

#include "lab/load_report.h"
#include "lab/predictions.h"
#include "output.h"

namespace plimsoll::cli {

// A row for each run, then their notes; of several rounds also the medians.
void printLoadTable(Output& out, const LoadReport& report);

// A row for each strategy: what it will need, and whether that fits.
void printPredictionTable(Output& out, const Checkpoint& checkpoint, std::string_view device, const Room& room,
                          const std::vector<StrategyPrediction>& predictions);

}  // namespace plimsoll::cli
