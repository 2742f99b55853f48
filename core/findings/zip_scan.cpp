// SPDX-License-Identifier: GPL-3.0-or-later
// Archives whose directory is in order: every member that it lists, and what lies between them.
#include <string_view>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "findings/archives_in_row.h"
#include "findings/rules.h"
#include "findings/scan_context.h"
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
        comment();
    }

    void member(const ZipEntry& entry) {
        const auto data = zip_.dataOffset(entry);
        if (!data) {
            context_.find(rules::kZipHeader, region_.member(entry.name, entry.headerOffset, 0).place,
                          data.error().what);
            return carveZip(context_, region_.part(entry.headerOffset, entry.regionEnd - entry.headerOffset));
        }
        const Region packed = region_.member(entry.name, *data, entry.storedBytes);
        gapAfter(entry, *data + entry.storedBytes);
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

private:
    // The archive's comment is for people; a reader that goes by other end records may see members in it.
    void comment() {
        const auto end = asText(region_.bytes).rfind(std::string_view("PK\x05\x06", 4));
        if (end == std::string_view::npos || region_.bytes.size() - end <= kEndBytes) return;
        Region text = region_.part(end + kEndBytes, region_.bytes.size() - end - kEndBytes);
        ++text.depth;
        scanContent(context_, text, Role::Leftover);
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
