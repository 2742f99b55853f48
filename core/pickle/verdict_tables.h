// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

namespace plimsoll {

// True for exactly the names that torch 2.11 loads with weights_only=True.
[[nodiscard]] bool isAllowedGlobal(std::string_view module, std::string_view name);

struct Danger {
    std::string_view path;    // the entry that matched: "os", "pathlib.Path.*"
    std::string_view reason;  // "uses the network"
};

// Why a dotted path (module and name) is known to be dangerous; nothing where it is not.
[[nodiscard]] std::optional<Danger> dangerOf(std::string_view dottedPath);

}  // namespace plimsoll
