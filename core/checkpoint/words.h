// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace plimsoll {

// A name from a file as an error or warning shows it: in quotes, control characters escaped, cut at 120 bytes.
[[nodiscard]] std::string inQuotes(std::string_view name);

}  // namespace plimsoll
