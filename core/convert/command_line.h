// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "convert/recipe.h"

namespace plimsoll {

// The plimsoll-cli call that does what this recipe says, quoted for a POSIX shell.
[[nodiscard]] std::string convertCommandLine(std::string_view source, const Recipe& recipe);

struct ConvertCommand {
    std::string source;
    Recipe recipe;
};

// What convertCommandLine wrote, or a person: the words of a shell, nothing expanded.
//   errors  Usage, in the words of the command line
[[nodiscard]] Result<ConvertCommand> parseConvertCommand(std::string_view line);

// As the options take it, exact and as short as the units allow: "5GB", "512MiB", "123".
[[nodiscard]] std::string exactByteSize(std::uint64_t bytes);

// One argument, quoted where the shell would read it as anything else.
[[nodiscard]] std::string shellQuoted(std::string_view argument);

}  // namespace plimsoll
