// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "pickle/value.h"

namespace plimsoll {

// The value of the calls by which older protocols write Python's own types: bytes, bytearray, set and frozenset.
// Nothing for every other call, and for these with arguments that no pickler writes.
[[nodiscard]] std::optional<Value> standardCall(ValueTree& tree, Value callable, Value args);

}  // namespace plimsoll
