// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/result.h"

// Writes a torch checkpoint in which no two tensors lie alike: whole and tied, rows of another tensor, turned,
// broadcast, without elements, complex, conjugate and negative views.
[[nodiscard]] plimsoll::Result<void> writeLayouts(const std::string& path);
