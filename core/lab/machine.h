// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace plimsoll {

// This machine and this moment, for the head of a report: "2026-05-01 12:00 UTC; AMD EPYC, 8 processors, 31.2 GiB of
// memory; Linux 6.1.0".
[[nodiscard]] std::string machineText();

}  // namespace plimsoll
