// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "lab/chart.h"
#include "lab/load_report.h"

namespace plimsoll {

// Memory above the loader's own over time, one colour for each strategy, of its last run: anonymous (solid) and
// file-backed (dashed); where there is a device, its allocated memory instead of the latter.
[[nodiscard]] LineChart memoryCurves(const LoadReport& report);

// Medians of the peaks, with the prediction as a mark.
[[nodiscard]] BarChart peakBars(const LoadReport& report);

// The comparison as a page: machine, table of medians and spreads, plots (by file name), what failed.
[[nodiscard]] std::string reportMarkdown(const LoadReport& report);

// A line for each run.
[[nodiscard]] std::string runsCsv(const LoadReport& report);

// Writes report.md, report.json, runs.csv, samples.csv, curves.svg and peaks.svg into the directory, which is made
// where it does not exist; files of these names are replaced. Their paths.
[[nodiscard]] Result<std::vector<std::string>> writeReport(const LoadReport& report, const std::string& directory);

}  // namespace plimsoll
