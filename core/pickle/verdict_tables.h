// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

namespace plimsoll {

// True for exactly the names that torch 2.11 loads with weights_only=True.
[[nodiscard]] bool isAllowedGlobal(std::string_view module, std::string_view name);

struct Danger {
    std::string_view path;    // the entry that matched: "os", "pathlib.Path.*"
    std::string_view reason;  // "uses the network"
};

// Paths are matched on whole components: "os" covers os.system and os.path.join, "logging.FileHandler" covers its
// methods too; of several that match, the longest gives the reason. A path that ends in ".*" covers what lies below it
// and not the path itself.
struct DangerGroup {
    std::string_view reason;
    std::initializer_list<std::string_view> paths;
};

// What runs programs and code; the other groups stand beside dangerOf.
[[nodiscard]] std::span<const DangerGroup> codeRunners() noexcept;

// Why a dotted path (module and name) is known to be dangerous; nothing where it is not.
[[nodiscard]] std::optional<Danger> dangerOf(std::string_view dottedPath);

}  // namespace plimsoll
