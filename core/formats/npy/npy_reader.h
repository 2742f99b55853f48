// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "formats/reader.h"

namespace plimsoll {

// numpy.save: one array; its name is "". See format.md.
[[nodiscard]] Result<Format> readNpy(FileBeingRead& file);

// numpy.savez and savez_compressed: a zip archive of arrays, each named by its member without ".npy".
[[nodiscard]] bool looksLikeNpz(std::span<const std::byte> bytes) noexcept;
[[nodiscard]] Result<Format> readNpz(FileBeingRead& file);

}  // namespace plimsoll
