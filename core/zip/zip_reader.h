// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/big_vector.h"
#include "base/result.h"
#include "zip/zip_names.h"

namespace plimsoll {

// One member as the central directory states it. `name` points into the archive's bytes: neither empty nor with a NUL
// in it, UTF-8 where the archive says so; case and '/' are as written, a name that ends with '/' is a folder.
struct ZipEntry {
    std::string_view name;
    std::uint64_t headerOffset = 0;  // of the local header, from the archive's first byte
    std::uint64_t storedBytes = 0;   // compressed size
    std::uint64_t bytes = 0;         // uncompressed size
    std::uint64_t regionEnd = 0;     // offset of the next member's header or of the directory
    std::uint32_t crc32 = 0;
    std::uint16_t method = 0;  // 0 stored, 8 deflated
    std::uint16_t flags = 0;
    bool symbolicLink = false;  // a Unix link: its "content" is a path, so it is never read
    // Offset of the data where the directory alone proves it (torch's alignment rule agrees with the next header's
    // place); the local header is then only read when the bytes are first used. See zip/README.md.
    std::optional<std::uint64_t> provenDataOffset;
};

// A member's content. Move-only: `bytes` views the archive (stored) or `inflated`.
struct ZipContent {
    ZipContent() = default;
    ZipContent(ZipContent&&) noexcept = default;
    ZipContent& operator=(ZipContent&&) noexcept = default;
    ZipContent(const ZipContent&) = delete;
    ZipContent& operator=(const ZipContent&) = delete;
    ~ZipContent() = default;

    std::span<const std::byte> bytes;
    std::vector<std::byte> inflated;
    std::uint32_t crc32 = 0;  // of `bytes` as they are; a sound member has the entry's
};

// The directory of a zip archive (PKWARE APPNOTE 6.3.10; zip64; stored and deflated members).
// Opening reads the end of the archive, and one small record of torch's where it is there (.storage_alignment).
// The archive must be nothing but an archive: its first member starts at byte 0, the directory ends where the end
// records start, only a comment follows. Duplicate names, overlapping members and a directory that contradicts
// its end record are Corrupt. Spans and names are views of `archive`, which must outlive the reader.
// Const members are safe from any thread.
class ZipReader {
public:
    [[nodiscard]] static Result<ZipReader> open(std::span<const std::byte> archive);

    // True where the bytes start or end like a zip archive: cheap, for format probing.
    [[nodiscard]] static bool looksLikeZip(std::span<const std::byte> archive) noexcept;

    [[nodiscard]] std::span<const ZipEntry> entries() const noexcept { return entries_; }
    [[nodiscard]] const ZipEntry* find(std::string_view name) const;  // O(log n) at most; nullptr where absent

    // False where the directory's CRC-32 are all zero, as torch writes them with set_crc32_options(False): nothing can
    // be checked against them.
    [[nodiscard]] bool hasChecksums() const noexcept { return hasChecksums_; }

    // Offset of the member's first stored byte; reads and checks the local header (name, method, sizes against the
    // directory). Corrupt where they disagree, also with provenDataOffset. Asks nothing about method or encryption.
    [[nodiscard]] Result<std::uint64_t> dataOffset(const ZipEntry& entry) const;

    // The member's stored bytes, no copy. Unsupported where they are encrypted or a symbolic link.
    [[nodiscard]] Result<std::span<const std::byte>> storedData(const ZipEntry& entry) const;

    // The member's content, inflated where needed and not copied where not; the caller judges the CRC-32.
    //   errors  OverLimit above `maxBytes` (before allocating), Unsupported for other methods than 0 and 8
    [[nodiscard]] Result<ZipContent> content(const ZipEntry& entry, std::uint64_t maxBytes) const;

    // The same as a copy, CRC-32 checked where there are any: Corrupt where it differs.
    [[nodiscard]] Result<std::vector<std::byte>> read(const ZipEntry& entry, std::uint64_t maxBytes) const;

    [[nodiscard]] std::span<const std::byte> archive() const noexcept { return archive_; }

private:
    [[nodiscard]] Result<void> readDirectory();
    [[nodiscard]] Result<void> assignRegions(std::uint64_t directoryOffset);
    [[nodiscard]] Result<void> indexNames();
    [[nodiscard]] const ZipEntry* findInOrder(std::string_view name) const;
    [[nodiscard]] std::uint64_t torchAlignment() const;
    void proveDataOffsets();

    std::span<const std::byte> archive_;
    BigVector<ZipEntry> entries_;
    bool hasChecksums_ = false;
    std::size_t inOrderBegin_ = 0;  // the longest run of entries whose names are in order
    std::size_t inOrderEnd_ = 0;
    ZipNames names_;  // of all others
};

}  // namespace plimsoll
