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

// The same for what lies in folders of that directory.
[[nodiscard]] inline bool isPlainPath(std::string_view path) noexcept {
    for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
        if (!isPlainFileName(path.substr(0, slash))) return false;
        path.remove_prefix(slash + 1);
    }
    return isPlainFileName(path);
}

}  // namespace plimsoll
