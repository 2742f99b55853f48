// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "formats/reader.h"

namespace plimsoll {

// huggingface/safetensors: a JSON header and the tensors' bytes. See format.md.
[[nodiscard]] bool looksLikeSafetensors(std::span<const std::byte> bytes) noexcept;
[[nodiscard]] Result<Format> readSafetensors(FileBeingRead& file);

}  // namespace plimsoll
