// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace plimsoll {

// What a file may name as another file of its directory: a name, not a path, so that it cannot lead elsewhere.
// Backslashes are refused because the same text on another system would.
[[nodiscard]] inline bool isPlainFileName(std::string_view name) noexcept {
    return !name.empty() && name != "." && name != ".." &&
           name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

}  // namespace plimsoll
