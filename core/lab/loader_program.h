// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/result.h"

namespace plimsoll {

// The plimsoll-loader that belongs to this program: what PLIMSOLL_LOADER names, the one beside it, or the one in
// ../lib/plimsoll, where packages have it. Io, with what to do about it, where there is none.
[[nodiscard]] Result<std::string> findLoader();

}  // namespace plimsoll
