// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "pickle/value.h"

namespace plimsoll {

// The part of Python's literal syntax that numpy headers use: strings, decimal integers (with Python 2's L), True,
// False, None, tuples, lists and dicts. Nothing is evaluated. Plain strings point into `text`.
//   startOffset  file offset of text[0], for errors
//   errors       Corrupt with the offset of the character that does not fit, OverLimit for nesting
[[nodiscard]] Result<Value> parsePythonLiteral(ValueTree& tree, std::string_view text, std::uint64_t startOffset);

}  // namespace plimsoll
