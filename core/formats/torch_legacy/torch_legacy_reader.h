// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "formats/reader.h"

namespace plimsoll {

// torch.save before 1.6 (and with _use_new_zipfile_serialization=False): five pickles, then the storages. See
// format.md. A file that is one pickle of anything else opens too, as Format::Pickle.
[[nodiscard]] bool looksLikePickle(std::span<const std::byte> bytes) noexcept;
// Protocols 0 and 1 have no mark at the start: a stream that can be followed to its end, or that wants globals.
[[nodiscard]] bool looksLikeTextPickle(std::span<const std::byte> bytes) noexcept;
[[nodiscard]] Result<Format> readTorchLegacy(FileBeingRead& file);

}  // namespace plimsoll
