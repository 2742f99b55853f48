// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include "convert/recipe.h"

namespace plimsoll::ui {

// The plimsoll-cli call that does what this recipe says, quoted for a POSIX shell.
[[nodiscard]] QString convertCommandLine(const QString& source, const Recipe& recipe);

// One argument, quoted where the shell would read it as anything else.
[[nodiscard]] QString shellQuoted(const QString& argument);

}  // namespace plimsoll::ui
