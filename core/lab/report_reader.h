// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/result.h"
#include "lab/load_report.h"

namespace plimsoll {

// A saved report (the document of loadReportJson), with every curve; nothing of the checkpoint is opened. Members that
// are not known are passed over, so that later versions stay readable.
//   errors  Io, OverLimit (file size), Corrupt: no JSON, or a member is absent or of another kind
[[nodiscard]] Result<LoadReport> readLoadReport(const std::string& path);

// The document of a report: of a directory that writeReport made, the one inside.
[[nodiscard]] std::string reportPath(const std::string& path);

// Whether the file, or the report.json of a directory, begins as such documents do. Reads at most 16 KiB.
[[nodiscard]] bool isLoadReport(const std::string& path);

}  // namespace plimsoll
