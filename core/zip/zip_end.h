// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace plimsoll {

// Where the central directory is, as the end record (and its zip64 form) states it. Checked: the directory lies
// directly before the end records, so entries * 46 <= bytes of file that really exist.
struct ZipEnd {
    std::uint64_t entries = 0;
    std::uint64_t directoryOffset = 0;
    std::uint64_t directoryBytes = 0;
    std::uint64_t extensionBytes = 0;  // of the zip64 end record, behind its fixed part: for other programs
    std::uint64_t commentBytes = 0;    // the last of the archive
};

// Finds the end record in the last 65,557 bytes (a comment may follow it).
//   errors  Truncated where there is none, Corrupt where there is more than one or they contradict each other,
//           Unsupported for an archive in several parts
[[nodiscard]] Result<ZipEnd> findZipEnd(std::span<const std::byte> archive);

// True where an end record with its comment reaches exactly to the end of the archive.
[[nodiscard]] bool hasZipEnd(std::span<const std::byte> archive) noexcept;

}  // namespace plimsoll
