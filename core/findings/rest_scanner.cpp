// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/rest_scanner.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/limits.h"
#include "checkpoint/words.h"
#include "zip/zip_reader.h"
#include "zip/zip_records.h"

namespace plimsoll {

namespace {

constexpr const char* kTooMuch = "too much to search while a file is opened";

}  // namespace

Region RestScanner::whole(const FileBeingRead& file) {
    found_.bytes = std::max<std::uint64_t>(found_.bytes, file.mapping().size());
    const std::uint64_t start = file.part ? file.part->offset : 0;
    return {file.bytes(), {file.warningPrefix, {}, start, false}, 0};
}

void RestScanner::member(const FileBeingRead& file, const ZipReader& zip, const ZipEntry& entry) {
    scanZipMember(context_, whole(file), zip, entry);
}

void RestScanner::member(const FileBeingRead& file, std::string_view name, std::uint64_t offset, std::uint64_t bytes) {
    scanMember(context_, whole(file).member(name, offset, bytes), name);
}

void RestScanner::around(const FileBeingRead& file, const ZipReader& zip, const ZipEntry& entry) {
    // Torch's padding, a zip64 field and a data descriptor; in a large file each header is a page that nothing else
    // needs.
    constexpr std::uint64_t kUsualBytes = 128;
    const std::uint64_t region = entry.regionEnd - entry.headerOffset;
    const std::uint64_t room = region - zip_records::kLocalBytes - entry.name.size() - entry.storedBytes;
    if (room <= kUsualBytes && file.bytes().size() > kCheckHeadersBytes) return;
    const std::uint64_t searched = zip.dataOffset(entry) ? room : region;
    if (searched > searchLeft_) return context_.skip(whole(file).at(entry.headerOffset), kTooMuch);
    searchLeft_ -= searched;
    scanZipAround(context_, whole(file), zip, entry);
}

void RestScanner::directory(const FileBeingRead& file, const ZipReader& zip) {
    scanZipDirectory(context_, whole(file), zip);
}

void RestScanner::search(Region rest) {
    if (rest.bytes.size() > searchLeft_) {
        context_.skip(rest.at(searchLeft_), kTooMuch);
        rest = rest.part(0, searchLeft_);
    }
    searchLeft_ -= rest.bytes.size();
    ++rest.depth;
    scanContent(context_, rest, Role::Leftover);
}

void RestScanner::leftover(const FileBeingRead& file, std::uint64_t offset, std::uint64_t bytes) {
    search(whole(file).part(offset, bytes));
}

void RestScanner::stray(const std::string& name, const MappedFile& mapping) {
    found_.bytes = std::max<std::uint64_t>(found_.bytes, mapping.size());
    search({mapping.bytes(), {name + ": ", {}, 0, false}, 0});
}

void RestScanner::finish(Checkpoint& checkpoint) {
    constexpr std::size_t kShownWarnings = 20;
    std::vector<GlobalRef> globals;
    globals.reserve(found_.globals.size());
    for (auto& scanned : found_.globals) globals.push_back(std::move(scanned.global));
    mergeGlobals(checkpoint.globals, globals);
    const std::size_t shown = std::min(kShownWarnings, found_.skipped.size());
    for (const auto& skipped : std::span(found_.skipped).first(shown)) {
        const Place& place = skipped.place;
        const std::string what =
            place.member.empty() ? "bytes were" : fmt::format("member {} was", inQuotes(place.member));
        checkpoint.warnings.push_back(fmt::format("{}{} not searched for pickles from byte {}{} on: {}", place.file,
                                                  what, place.offset, place.unpacked ? " of its content" : "",
                                                  skipped.reason));
    }
    if (shown < found_.skipped.size())
        checkpoint.warnings.push_back(
            fmt::format("{} more parts were not searched for pickles", found_.skipped.size() - shown));
}

}  // namespace plimsoll
