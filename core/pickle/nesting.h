// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "base/result.h"
#include "pickle/value.h"

namespace plimsoll {

// Walks everything that `root` reaches, each container once, without recursion.
//   errors  OverLimit where containers nest deeper than `limit`; a walk that follows items in order and enters each
//           container once, as well as one that enters shared containers again, then needs no deeper stack
[[nodiscard]] Result<void> checkNesting(const ValueTree& tree, Value root, std::uint32_t limit);

}  // namespace plimsoll
