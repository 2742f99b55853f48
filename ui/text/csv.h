// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace plimsoll::ui {

// A cell of comma-separated values (RFC 4180).
[[nodiscard]] std::string csvCell(const std::string& text);

}  // namespace plimsoll::ui
