// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <stop_token>
#include <string>

#include "base/progress.h"
#include "base/result.h"
#include "findings/scan_report.h"
#include "io/read_options.h"

namespace plimsoll {

// Looks for every pickle in a file, in all files below a directory, or in the files of a *.index.json: members of
// archives whatever their names, archives inside, pickles inside pickles, what follows an end, streams that break.
// Executes nothing. Bounded by limits.h; what a limit cuts off is listed as skipped.
//   read      how files are read; `stop` takes the place of the token in it
//   progress  is told the total first: bytes of all files
//   errors    Io where `path` itself is not there or cannot be listed, Cancelled. A file that cannot be read is a row
//             of the report (`unreadable`).
[[nodiscard]] Result<ScanReport> scan(const std::string& path, ProgressSink& progress, const std::stop_token& stop,
                                      ReadOptions read = {});

}  // namespace plimsoll
