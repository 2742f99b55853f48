// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/rename.h"
#include "models/diff_rows.h"

namespace plimsoll::ui {

// The rows as CSV with a header: state, both names, types and shapes, and distances where values were read.
[[nodiscard]] std::string diffCsv(const DiffRows& rows);

// The plimsoll-cli call that makes this comparison.
[[nodiscard]] std::string diffCommandLine(std::string_view a, std::string_view b, const DiffOptions& options);

// Rules in one line, separated by semicolons: "model=net; *.gamma=*.weight".
//   errors  Usage with the rule that is wrong
[[nodiscard]] Result<std::vector<RenameRule>> parseRenames(std::string_view text);

}  // namespace plimsoll::ui
