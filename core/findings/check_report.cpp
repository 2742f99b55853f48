// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/check_report.h"

#include <algorithm>

namespace plimsoll {

bool CheckReport::sound() const noexcept {
    return notDone.empty() &&
           std::ranges::all_of(findings, [](const Finding& finding) { return finding.severity == Severity::Note; });
}

}  // namespace plimsoll
