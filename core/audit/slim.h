// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>
#include <vector>

#include "audit/audit.h"

namespace plimsoll {

// Conversions that give a smaller file, each planned to the byte, most bytes saved first. A conversion that cannot be
// planned (a type that the target does not have) is none.
//   errors  Cancelled
[[nodiscard]] Result<std::vector<SlimOption>> slimOptions(const AuditReport& report, const std::stop_token& stop);

// Patterns of --drop that take exactly the tensors of these roles; nothing where no short list of them does.
[[nodiscard]] std::vector<std::string> dropPatterns(const AuditReport& report, const std::vector<Role>& roles);

}  // namespace plimsoll
