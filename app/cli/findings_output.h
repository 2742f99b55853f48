// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "findings/finding.h"
#include "findings/sarif.h"
#include "json_writer.h"
#include "output.h"

namespace plimsoll::cli {

// What scan and check share: --json and --sarif OUT, and how findings are printed.
void addFindingOutputs(CLI::App& verb, bool& json, std::string& sarif);

// "model.pt: error: archive/data.pkl at byte 12: os.system: runs a shell command [pickle.dangerous-global]"
void printFinding(Output& out, std::string_view file, const Finding& finding);

// The fields file, member, offset and unpacked of the object that is open.
void writePlace(JsonWriter& json, const Place& place);
void writeFindings(JsonWriter& json, const std::vector<Finding>& findings);

// The log of a run under `path`, which may exist.
[[nodiscard]] Result<void> writeSarifFile(const std::string& path, const SarifRun& run);

}  // namespace plimsoll::cli
