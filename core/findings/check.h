// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>
#include <string>

#include "base/progress.h"
#include "base/result.h"
#include "findings/check_report.h"

namespace plimsoll {

// Whether a checkpoint (file, directory, *.index.json) is whole: what opening it tells, every zip member's header and
// CRC-32, spans of storages, the index against its files; with options.deep the values of every tensor. Reads with
// positional reads on all cores, in a few MiB per core.
//   progress  is told the total first: bytes that will be read
//   errors    Io, Usage (a path that names no checkpoint), Cancelled. A file that opens badly is a finding.
[[nodiscard]] Result<CheckReport> check(const std::string& path, const CheckOptions& options, ProgressSink& progress,
                                        const std::stop_token& stop);

}  // namespace plimsoll
