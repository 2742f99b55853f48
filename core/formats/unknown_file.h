// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/result.h"

namespace plimsoll {

// Why a file that no format's probe takes cannot be opened: what it looks like, its first bytes, what was expected.
// Unsupported, unless it is a checkpoint's container that is broken, or nothing at all.
//   expected  "a PyTorch zip archive, safetensors, ..."
[[nodiscard]] Error unknownFile(std::span<const std::byte> bytes, std::string_view expected);

}  // namespace plimsoll
