// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "formats/reader.h"

namespace plimsoll {

// GGUF 2 and 3, little- and big-endian: metadata into the value tree, every block type of ggml. See format.md.
[[nodiscard]] bool looksLikeGguf(std::span<const std::byte> bytes) noexcept;
[[nodiscard]] Result<Format> readGguf(FileBeingRead& file);

}  // namespace plimsoll
