// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "base/result.h"
#include "convert/recipe.h"

namespace plimsoll {

// What one option of CLI.md's convert says, as typed: "--rule", "*.norm*=keep". Repeatable ones add up. Those of the
// command line only (--dry-run, --json, --progress) are none of them.
//   value   ignored for flags
//   errors  Usage, beginning with the option's name
[[nodiscard]] Result<void> setOption(Recipe& recipe, std::string_view option, std::string_view value);

// True for options without a value.
[[nodiscard]] bool isFlag(std::string_view option) noexcept;

// The target that the destination's suffix names, where --to does not say it. Usage.
[[nodiscard]] Result<void> setTargetBySuffix(Recipe& recipe);

}  // namespace plimsoll
