// SPDX-License-Identifier: GPL-3.0-or-later
#include "zip/zip_end.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "zip/zip_records.h"

namespace plimsoll {

namespace {

using namespace zip_records;

constexpr std::string_view kEndMark("PK\x05\x06", 4);
constexpr std::uint64_t kLongestComment = 0xffff;

struct EndSearch {
    std::optional<std::uint64_t> end;       // reaches the archive's last byte with its comment
    std::optional<std::uint64_t> otherEnd;  // a second one that does: which one counts would be a guess
    std::optional<std::uint64_t> lastMark;  // last signature, whether or not the record holds
};

EndSearch searchEnd(std::span<const std::byte> archive) noexcept {
    EndSearch found;
    if (archive.size() < kEndBytes) return found;
    const std::uint64_t windowBytes = std::min<std::uint64_t>(archive.size(), kEndBytes + kLongestComment);
    const std::uint64_t windowOffset = archive.size() - windowBytes;
    const std::string_view window = asText(archive.last(windowBytes));
    std::size_t at = window.rfind(kEndMark, window.size() - kEndBytes);
    while (at != std::string_view::npos) {
        const std::uint64_t offset = windowOffset + at;
        if (!found.lastMark) found.lastMark = offset;
        const auto record = archive.subspan(offset).first<kEndBytes>();
        if (field<std::uint16_t, 20>(record) == archive.size() - offset - kEndBytes) {
            if (found.end) found.otherEnd = offset;
            if (!found.end) found.end = offset;
        }
        if (at == 0) break;
        at = window.rfind(kEndMark, at - 1);
    }
    return found;
}

Result<std::uint64_t> locateEnd(std::span<const std::byte> archive) {
    const EndSearch found = searchEnd(archive);
    if (found.otherEnd) {
        return fail(Errc::Corrupt,
                    fmt::format("two end records fit this archive, here and at byte {}: which one counts is undefined",
                                *found.end),
                    *found.otherEnd);
    }
    if (found.end) return *found.end;
    if (!found.lastMark) {
        return fail(Errc::Truncated,
                    fmt::format("no zip end record in the last {} bytes: the archive was cut short, or other data "
                                "follows it",
                                std::min<std::uint64_t>(archive.size(), kEndBytes + kLongestComment)),
                    archive.size());
    }
    const std::uint64_t following = archive.size() - *found.lastMark - kEndBytes;
    const auto comment = field<std::uint16_t, 20>(archive.subspan(*found.lastMark).first<kEndBytes>());
    if (comment > following) {
        return fail(Errc::Truncated,
                    fmt::format("the zip end record has a comment of {} bytes, {} are left", comment, following),
                    *found.lastMark);
    }
    return fail(Errc::Corrupt,
                fmt::format("{} bytes follow the zip end record, its comment has {}", following, comment),
                *found.lastMark);
}

// A 16 or 32 bit field of the end record has to say what its zip64 form says, or that it cannot.
bool agrees(std::uint64_t narrow, std::uint64_t wide, std::uint64_t limit) {
    return narrow == limit || narrow == wide;
}

struct End64 {
    ZipEnd values;
    std::uint64_t offset = 0;  // of the zip64 end record
};

// The zip64 end record that the locator directly before `endOffset` leads to; nothing where there is no locator.
Result<std::optional<End64>> readEnd64(std::span<const std::byte> archive, std::uint64_t endOffset) {
    if (endOffset < kLocatorBytes) return std::nullopt;
    const std::uint64_t locatorOffset = endOffset - kLocatorBytes;
    const auto locator = archive.subspan(locatorOffset).first<kLocatorBytes>();
    if (field<std::uint32_t, 0>(locator) != kLocatorSignature) return std::nullopt;
    const auto offset = field<std::uint64_t, 8>(locator);
    if (field<std::uint32_t, 4>(locator) != 0 || field<std::uint32_t, 16>(locator) > 1)
        return fail(Errc::Unsupported, "the zip64 locator names an archive in several parts", locatorOffset);
    if (offset > locatorOffset || locatorOffset - offset < kEnd64Bytes) {
        return fail(Errc::Corrupt,
                    fmt::format("the zip64 locator points to byte {}, where no record of {} bytes fits before it",
                                offset, kEnd64Bytes),
                    locatorOffset);
    }
    const auto record = archive.subspan(offset).first<kEnd64Bytes>();
    if (field<std::uint32_t, 0>(record) != kEnd64Signature) {
        return fail(Errc::Corrupt,
                    fmt::format("no zip64 end record where the locator says (signature {:#010x}, expected {:#010x})",
                                field<std::uint32_t, 0>(record), kEnd64Signature),
                    offset);
    }
    // The record counts its bytes from after this field (12 bytes in); it must fill the place up to the locator.
    if (field<std::uint64_t, 4>(record) != locatorOffset - offset - 12) {
        return fail(Errc::Corrupt,
                    fmt::format("the zip64 end record says {} bytes, {} are before its locator",
                                field<std::uint64_t, 4>(record), locatorOffset - offset - 12),
                    offset);
    }
    if (field<std::uint32_t, 16>(record) != 0 || field<std::uint32_t, 20>(record) != 0 ||
        field<std::uint64_t, 24>(record) != field<std::uint64_t, 32>(record))
        return fail(Errc::Unsupported, "the zip64 end record describes an archive in several parts", offset);
    End64 end64;
    end64.offset = offset;
    end64.values.extensionBytes = locatorOffset - offset - kEnd64Bytes;
    end64.values.entries = field<std::uint64_t, 32>(record);
    end64.values.directoryBytes = field<std::uint64_t, 40>(record);
    end64.values.directoryOffset = field<std::uint64_t, 48>(record);
    return end64;
}

Result<void> checkDirectoryPlace(const ZipEnd& end, std::uint64_t recordOffset) {
    if (end.directoryOffset > recordOffset || end.directoryBytes > recordOffset - end.directoryOffset) {
        return fail(Errc::Corrupt,
                    fmt::format("the end record puts a directory of {} bytes at byte {}, which does not fit before it",
                                end.directoryBytes, end.directoryOffset),
                    recordOffset);
    }
    const std::uint64_t directoryEnd = end.directoryOffset + end.directoryBytes;
    if (directoryEnd != recordOffset) {
        return fail(Errc::Corrupt,
                    fmt::format("the directory ends at byte {} and its end record starts here: was data put before or "
                                "into the archive?",
                                directoryEnd),
                    recordOffset);
    }
    if (end.entries > end.directoryBytes / kDirectoryBytes) {
        return fail(Errc::Corrupt,
                    fmt::format("the end record says {} members, a directory of {} bytes holds at most {}", end.entries,
                                end.directoryBytes, end.directoryBytes / kDirectoryBytes),
                    recordOffset);
    }
    return {};
}

}  // namespace

Result<ZipEnd> findZipEnd(std::span<const std::byte> archive) {
    TRY(const std::uint64_t endOffset, locateEnd(archive));
    const auto record = archive.subspan(endOffset).first<kEndBytes>();
    const std::uint64_t disk = field<std::uint16_t, 4>(record);
    const std::uint64_t directoryDisk = field<std::uint16_t, 6>(record);
    const std::uint64_t diskEntries = field<std::uint16_t, 8>(record);
    ZipEnd end;
    end.entries = field<std::uint16_t, 10>(record);
    end.directoryBytes = field<std::uint32_t, 12>(record);
    end.directoryOffset = field<std::uint32_t, 16>(record);

    TRY(const auto end64, readEnd64(archive, endOffset));
    if (!agrees(disk, 0, end64 ? kMax16 : 0) || !agrees(directoryDisk, 0, end64 ? kMax16 : 0) ||
        diskEntries != end.entries)
        return fail(Errc::Unsupported, "the end record describes an archive in several parts", endOffset);
    end.commentBytes = archive.size() - endOffset - kEndBytes;
    if (!end64) {
        TRY_VOID(checkDirectoryPlace(end, endOffset));
        return end;
    }
    ZipEnd wide = end64->values;
    wide.commentBytes = end.commentBytes;
    if (!agrees(end.entries, wide.entries, kMax16) || !agrees(end.directoryBytes, wide.directoryBytes, kMax32) ||
        !agrees(end.directoryOffset, wide.directoryOffset, kMax32))
        return fail(Errc::Corrupt, "the end record contradicts the zip64 end record", endOffset);
    TRY_VOID(checkDirectoryPlace(wide, end64->offset));
    return wide;
}

bool hasZipEnd(std::span<const std::byte> archive) noexcept {
    return searchEnd(archive).end.has_value();
}

}  // namespace plimsoll
