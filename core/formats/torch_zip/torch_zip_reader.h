// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "formats/reader.h"

namespace plimsoll {

// torch.save since 1.6, and TorchScript archives, whose data.pkl is built alike. See format.md.
[[nodiscard]] bool looksLikeTorchZip(std::span<const std::byte> bytes) noexcept;
[[nodiscard]] Result<Format> readTorchZip(FileBeingRead& file);

}  // namespace plimsoll
