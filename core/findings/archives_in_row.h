// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace plimsoll {

struct ByteSpan {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

// The sound zip archives that follow one another from the first byte to the last, as the data files of torch's
// distributed checkpoints have them; nothing where anything but a few zeros, which align the next one, is between them.
// Reads all bytes.
[[nodiscard]] std::vector<ByteSpan> archivesInRow(std::span<const std::byte> bytes, const std::stop_token& stop);

}  // namespace plimsoll
