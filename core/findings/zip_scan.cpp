// SPDX-License-Identifier: GPL-3.0-or-later
// Archives whose directory is in order: every member that it lists, what lies between them, and what their records
// have room for.
#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "findings/archives_in_row.h"
#include "findings/rules.h"
#include "findings/scan_context.h"
#include "zip/zip_end.h"
#include "zip/zip_reader.h"
#include "zip/zip_records.h"

namespace plimsoll {

namespace {

using namespace zip_records;

class ZipScan {
public:
    ZipScan(ScanContext& context, const Region& region, const ZipReader& zip)
        : context_(context), region_(region), zip_(zip) {}

    void run() {
        for (const auto& entry : zip_.entries()) {
            if (context_.stopped()) return;
            member(entry);
        }
        directory();
    }

    void member(const ZipEntry& entry) {
        const auto data = around(entry);
        if (!data) return;
        const Region packed = region_.member(entry.name, *data, entry.storedBytes);
        if (entry.bytes == 0 && entry.storedBytes == 0) return;
        if ((entry.flags & kFlagsUnreadable) != 0)
            context_.skip(packed.place, fmt::format("marked as encrypted or patched (flags {:#06x})", entry.flags));
        // Marks lie: what is not encrypted is looked into all the same.
        if (entry.method == kStored) {
            scanMember(context_, packed, entry.name);
        } else if (entry.method == kDeflated) {
            if (!scanDeflated(context_, region_, entry.name, packed.bytes, entry.bytes))
                context_.skip(packed.place, "it holds no valid deflate data");
        } else {
            context_.skip(packed.place, fmt::format("packed with method {}, which is not unpacked here", entry.method));
        }
    }

    // The extra field before the data and the gap behind it; all of it where the local header does not hold.
    // Gives where the data starts.
    std::optional<std::uint64_t> around(const ZipEntry& entry) {
        const auto data = zip_.dataOffset(entry);
        if (!data) {
            context_.find(rules::kZipHeader, region_.member(entry.name, entry.headerOffset, 0).place,
                          data.error().what);
            carveZip(context_, region_.part(entry.headerOffset, entry.regionEnd - entry.headerOffset));
            return std::nullopt;
        }
        const std::uint64_t extra = entry.headerOffset + kLocalBytes + entry.name.size();
        scanZipExtra(context_, region_.part(extra, *data - extra));
        gapAfter(entry, *data + entry.storedBytes);
        return *data;
    }

    // The extra fields and comments of the directory, and what its end records have room for.
    void directory() {
        const auto end = findZipEnd(region_.bytes);
        if (!end) return;
        // Mostly there are none, and the records of a million members fill a hundred megabytes of pages.
        if (end->directoryBytes > bareDirectoryBytes()) directoryRecords(end->directoryOffset);
        text(end->directoryOffset + end->directoryBytes + kEnd64Bytes, end->extensionBytes);
        text(region_.bytes.size() - end->commentBytes, end->commentBytes);
    }

private:
    // Of records without extra fields and comments.
    [[nodiscard]] std::uint64_t bareDirectoryBytes() const {
        std::uint64_t bytes = zip_.entries().size() * std::uint64_t{kDirectoryBytes};
        for (const auto& entry : zip_.entries()) bytes += entry.name.size();
        return bytes;
    }

    void directoryRecords(std::uint64_t at) {
        for (const auto& entry : zip_.entries()) {
            if (context_.stopped()) return;
            const auto record =
                region_.bytes.subspan(static_cast<std::size_t>(at), kDirectoryBytes).first<kDirectoryBytes>();
            const std::uint64_t extraBytes = field<std::uint16_t, 30>(record);
            const std::uint64_t commentBytes = field<std::uint16_t, 32>(record);
            at += kDirectoryBytes + entry.name.size();
            if (extraBytes > 0) scanZipExtra(context_, region_.part(at, extraBytes));
            text(at + extraBytes, commentBytes);
            at += extraBytes + commentBytes;
        }
    }

    // Bytes for people or for other programs, which may see a pickle or members in it.
    void text(std::uint64_t offset, std::uint64_t bytes) {
        if (bytes == 0) return;
        Region region = region_.part(offset, bytes);
        ++region.depth;
        scanContent(context_, region, Role::Leftover);
    }

    // A data descriptor of at most 24 bytes may follow the data; anything else that does belongs to no member.
    void gapAfter(const ZipEntry& entry, std::uint64_t dataEnd) {
        constexpr std::uint64_t kLongestDescriptor = 24;
        const std::uint64_t gap = entry.regionEnd - dataEnd;
        if (gap <= ((entry.flags & kFlagDescriptor) != 0 ? kLongestDescriptor : 0)) return;
        Region between = region_.part(dataEnd, gap);
        ++between.depth;
        context_.find(rules::kZipGap, between.place, fmt::format("{} bytes belong to no member", gap));
        carveZip(context_, between);
    }

    ScanContext& context_;
    const Region& region_;
    const ZipReader& zip_;
};

}  // namespace

void scanZipMember(ScanContext& context, const Region& region, const ZipReader& zip, const ZipEntry& entry) {
    ZipScan(context, region, zip).member(entry);
}

void scanZipAround(ScanContext& context, const Region& region, const ZipReader& zip, const ZipEntry& entry) {
    ZipScan(context, region, zip).around(entry);
}

void scanZipDirectory(ScanContext& context, const Region& region, const ZipReader& zip) {
    ZipScan(context, region, zip).directory();
}

void scanZipExtra(ScanContext& context, const Region& extra) {
    constexpr std::size_t kLongestZip64 = 28;
    for (std::uint64_t at = 0; at < extra.bytes.size();) {
        std::uint64_t bytes = extra.bytes.size() - at;
        std::uint16_t id = 0;
        if (bytes >= kExtraHeaderBytes) {
            const auto header =
                extra.bytes.subspan(static_cast<std::size_t>(at), kExtraHeaderBytes).first<kExtraHeaderBytes>();
            const std::uint64_t stated = field<std::uint16_t, 2>(header);
            // What is no field is looked at as it is.
            if (stated <= bytes - kExtraHeaderBytes) {
                id = field<std::uint16_t, 0>(header);
                at += kExtraHeaderBytes;
                bytes = stated;
            }
        }
        Region content = extra.part(at, bytes);
        at += bytes;
        // Sizes, and the padding of programs that align data: one byte, repeated.
        const bool isUsual = (id == kExtraZip64 && bytes <= kLongestZip64) ||
                             std::ranges::adjacent_find(content.bytes, std::not_equal_to()) == content.bytes.end();
        if (isUsual) continue;
        ++content.depth;
        scanContent(context, content, Role::Leftover);
    }
}

void scanZip(ScanContext& context, const Region& region) {
    const auto zip = ZipReader::open(region.bytes);
    if (zip) return ZipScan(context, region, *zip).run();
    if (region.carved) return;
    if (const auto row = archivesInRow(region.bytes, context.stopToken()); !row.empty()) {
        if (!region.place.file.ends_with(".distcp"))
            context.find(rules::kPolyglot, region.place, fmt::format("{} zip archives in a row", row.size()));
        for (const auto& one : row) scanZip(context, region.part(one.offset, one.bytes));
        return;
    }
    Place place = region.place;
    if (zip.error().offset != kNoOffset) place = region.at(zip.error().offset);
    context.find(rules::kZipInvalid, std::move(place), zip.error().what);
    carveZip(context, region);
}

}  // namespace plimsoll
