// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "findings/finding.h"

namespace plimsoll {

// Findings with what SARIF calls their artifacts.
struct SarifRun {
    std::string_view version;        // of this program
    std::vector<std::string> roots;  // files that were looked at, as URIs are made from: relative paths
    std::vector<Finding> findings;   // place.file is one of them
    bool complete = true;            // nothing failed to open and nothing was skipped
};

// A SARIF 2.1.0 log with one run, as one JSON text. Byte offsets become `byteOffset` of a region, members logical
// locations. Text that is no UTF-8 is replaced.
[[nodiscard]] std::string sarifText(const SarifRun& run);

}  // namespace plimsoll
