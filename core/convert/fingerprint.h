// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "convert/plan.h"

namespace plimsoll {

// 32 hexadecimal digits that two plans share only where they write the same bytes from the same places of the source.
// The destination's own name is no part of it.
[[nodiscard]] std::string fingerprintOf(const Plan& plan);

}  // namespace plimsoll
