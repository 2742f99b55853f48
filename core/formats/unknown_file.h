// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/result.h"

namespace plimsoll {

// Why a file that no format's probe takes cannot be opened: what it looks like, its first bytes, what was expected.
//   expected  "a PyTorch zip archive, safetensors, ..."
[[nodiscard]] Error unknownFile(std::span<const std::byte> bytes, std::string_view expected);
// True of what unknownFile() gave for a file that is not empty.
[[nodiscard]] bool saysUnknownFile(const Error& error) noexcept;

}  // namespace plimsoll
