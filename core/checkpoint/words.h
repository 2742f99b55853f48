// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plimsoll {

// A name from a file as an error or warning shows it: in quotes, control characters escaped, cut at 120 bytes.
[[nodiscard]] std::string inQuotes(std::string_view name);

// "1 tensor", "2 tensors".
[[nodiscard]] std::string countText(std::uint64_t count, std::string_view noun);

}  // namespace plimsoll
