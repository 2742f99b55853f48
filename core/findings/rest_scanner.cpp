// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/rest_scanner.h"

#include <algorithm>

#include <fmt/format.h>

#include "checkpoint/words.h"

namespace plimsoll {

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

void RestScanner::leftover(const FileBeingRead& file, std::uint64_t offset) {
    Region rest = whole(file).part(offset, file.bytes().size() - offset);
    ++rest.depth;
    scanContent(context_, rest, Role::Leftover);
}

void RestScanner::finish(Checkpoint& checkpoint) {
    constexpr std::size_t kShownWarnings = 20;
    std::vector<GlobalRef> globals;
    globals.reserve(found_.globals.size());
    for (auto& scanned : found_.globals) globals.push_back(std::move(scanned.global));
    mergeGlobals(checkpoint.globals, globals);
    const std::size_t shown = std::min(kShownWarnings, found_.skipped.size());
    for (const auto& skipped : std::span(found_.skipped).first(shown))
        checkpoint.warnings.push_back(skipped.place.member.empty()
                                          ? fmt::format("{}the bytes from {} on were not searched for pickles: {}",
                                                        skipped.place.file, skipped.place.offset, skipped.reason)
                                          : fmt::format("{}member {} was not searched for pickles: {}",
                                                        skipped.place.file, inQuotes(skipped.place.member),
                                                        skipped.reason));
    if (shown < found_.skipped.size())
        checkpoint.warnings.push_back(
            fmt::format("{} more parts were not searched for pickles", found_.skipped.size() - shown));
}

}  // namespace plimsoll
