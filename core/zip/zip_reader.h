// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace plimsoll {

// One member as the central directory states it. `name` points into the archive's bytes.
struct ZipEntry {
    std::string_view name;
    std::uint64_t headerOffset = 0;  // of the local header, from the archive's first byte
    std::uint64_t storedBytes = 0;   // compressed size
    std::uint64_t bytes = 0;         // uncompressed size
    std::uint32_t crc32 = 0;
    std::uint16_t method = 0;  // 0 stored, 8 deflated
    std::uint16_t flags = 0;
    // Offset of the data where the directory alone proves it (torch's 64-byte alignment rule agrees with the next
    // header's place); the local header is then only read when the bytes are first used. See zip/README.md.
    std::optional<std::uint64_t> provenDataOffset;
};

// The directory of a zip archive (PKWARE APPNOTE 6.3.10; zip64; stored and deflated members).
// Opening reads the end of the archive only. Duplicate names, overlapping members and a directory that contradicts
// its end record are Corrupt. Spans and names are views of `archive`, which must outlive the reader.
class ZipReader {
public:
    [[nodiscard]] static Result<ZipReader> open(std::span<const std::byte> archive);

    // True where the bytes start or end like a zip archive: cheap, for format probing.
    [[nodiscard]] static bool looksLikeZip(std::span<const std::byte> archive) noexcept;

    [[nodiscard]] std::span<const ZipEntry> entries() const noexcept { return entries_; }
    [[nodiscard]] const ZipEntry* find(std::string_view name) const;  // O(1); nullptr where absent

    // Offset of the member's first stored byte; reads and checks the local header (name, method, sizes against the
    // directory). Corrupt where they disagree, also with provenDataOffset.
    [[nodiscard]] Result<std::uint64_t> dataOffset(const ZipEntry& entry) const;

    // The member's stored bytes, no copy.
    [[nodiscard]] Result<std::span<const std::byte>> storedData(const ZipEntry& entry) const;

    // The member's content, inflated where needed, CRC-32 checked. OverLimit above `maxBytes` (before allocating).
    [[nodiscard]] Result<std::vector<std::byte>> read(const ZipEntry& entry, std::uint64_t maxBytes) const;

    [[nodiscard]] std::span<const std::byte> archive() const noexcept { return archive_; }

private:
    std::span<const std::byte> archive_;
    std::vector<ZipEntry> entries_;
    std::unordered_map<std::string_view, std::uint32_t> byName_;
};

}  // namespace plimsoll
