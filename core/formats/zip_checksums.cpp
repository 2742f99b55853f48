// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/zip_checksums.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "checkpoint/words.h"
#include "zip/zip_reader.h"
#include "zip/zip_records.h"

namespace plimsoll {

namespace {

using namespace zip_records;

// Nothing where it is to be found in a descriptor behind the data.
std::optional<std::uint32_t> localChecksum(const ZipReader& zip, const ZipEntry& entry) {
    const auto header =
        zip.archive().subspan(static_cast<std::size_t>(entry.headerOffset), kLocalBytes).first<kLocalBytes>();
    if ((field<std::uint16_t, 6>(header) & kFlagDescriptor) != 0) return std::nullopt;
    return field<std::uint32_t, 14>(header);
}

}  // namespace

void warnOfChecksums(FileBeingRead& file, const ZipReader& zip, const ZipEntry* known) {
    constexpr std::uint64_t kMostBytes = limits::MiB;
    if (file.mapping().size() > kMostBytes || !zip.hasChecksums()) return;
    std::uint64_t left = kMostBytes;  // of what members unpack to
    for (const auto& entry : zip.entries()) {
        // What keeps a member from being read is told where it is used.
        if (!zip.dataOffset(entry)) continue;
        if (const auto local = localChecksum(zip, entry); local && *local != entry.crc32) {
            file.warn(
                fmt::format("the local header of {}, at byte {}, says CRC-32 {:#010x}, the directory says {:#010x}",
                            inQuotes(entry.name), entry.headerOffset, *local, entry.crc32));
        }
        if (&entry == known || entry.bytes > left) continue;
        const auto content = zip.content(entry, left);
        if (!content) continue;
        left -= entry.bytes;
        if (content->crc32 != entry.crc32)
            file.warn(fmt::format("member {}, at byte {}, has CRC-32 {:#010x}, the directory says {:#010x}",
                                  inQuotes(entry.name), entry.headerOffset, content->crc32, entry.crc32));
    }
}

}  // namespace plimsoll
