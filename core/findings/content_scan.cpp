// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/checked.h"
#include "base/limits.h"
#include "checkpoint/words.h"
#include "findings/content_kind.h"
#include "findings/rules.h"
#include "findings/scan_context.h"
#include "formats/npy/npy_header.h"
#include "zip/zip_end.h"

namespace plimsoll {

namespace {

// An array's bytes are data, unless they are objects: then they are a pickle.
void scanNpy(ScanContext& context, const Region& region) {
    ValueTree tree;
    const auto header = readNpyHeader(tree, region.bytes, region.place.offset);
    if (!header) return context.skip(region.place, "the numpy header is damaged: " + header.error().what);
    const Region data = region.part(header->bytes, region.bytes.size() - header->bytes);
    if (header->isObject) {
        if (!scanPickles(context, data, Role::Pickle))
            context.skip(data.place, "an array of objects, but no pickle that could be followed");
        return;
    }
    std::uint64_t bytes = header->elementBytes;
    for (const auto dim : header->shape) bytes = checkedMul(bytes, dim).value_or(~std::uint64_t{0});
    if (bytes >= data.bytes.size()) return;
    Region behind = data.part(bytes, data.bytes.size() - bytes);
    ++behind.depth;
    context.find(rules::kTrailingData, behind.place, fmt::format("{} bytes follow the array", behind.bytes.size()));
    scanContent(context, behind, Role::Leftover);
}

// A zip archive at the end of something else is what programs see that look for zip archives first.
void scanZipAtEnd(ScanContext& context, const Region& region) {
    if (region.carved || !hasZipEnd(region.bytes)) return;
    context.find(rules::kPolyglot, region.place, "it ends as a zip archive does, and starts as something else");
    carveZip(context, region);
}

void scanUnknown(ScanContext& context, const Region& region, Role role) {
    if (scanPickles(context, region, role)) return;
    if (role == Role::Leftover) return searchPickles(context, region);
    // In an archive such a name says nothing; a file of that name is what people load.
    const std::string& member = region.place.member;
    if (member.ends_with(".bin") || member.ends_with(".dat")) return;
    if (role == Role::Pickle || role == Role::File) {
        context.skip(region.place, region.bytes.empty()
                                       ? "it is empty"
                                       : "a file of a kind that is not known, so it may hold anything");
    }
}

void scanPacked(ScanContext& context, const Region& region, const ContentKind& kind, Role role) {
    if (kind.type == ContentType::Deflated) return scanCompressed(context, region, role);
    if (role == Role::Storage) return;
    context.skip(region.place, fmt::format("{}, which is not unpacked here", kind.what));
}

}  // namespace

void scanContent(ScanContext& context, const Region& region, Role role) {
    if (context.stopped()) return;
    if (region.bytes.empty() && role != Role::File && role != Role::Pickle) return;
    if (region.depth > limits::kScanDepth)
        return context.skip(region.place, fmt::format("nested deeper than {} levels", limits::kScanDepth));
    const ContentKind kind = contentKind(region.bytes);
    switch (kind.type) {
        case ContentType::Zip:
            return scanZip(context, region);
        case ContentType::Tar:
            scanTar(context, region);
            break;
        case ContentType::Npy:
            scanNpy(context, region);
            break;
        case ContentType::Deflated:
        case ContentType::Packed:
            scanPacked(context, region, kind, role);
            break;
        case ContentType::Pickle:
        case ContentType::Unknown:
            scanUnknown(context, region, role);
            break;
        case ContentType::Text:
            scanPickles(context, region, role);
            break;
        case ContentType::Data:
            // No reader of the format runs a pickle, but somebody may load the file as one.
            if (scanPickles(context, region, Role::Record))
                context.find(rules::kPolyglot, region.place, fmt::format("{} that is a pickle as well", kind.what));
            else if (role == Role::Leftover)
                searchPickles(context, region);
            break;
    }
    scanZipAtEnd(context, region);
}

void scanMember(ScanContext& context, const Region& region, std::string_view name) {
    if (isCodeName(name))
        context.find(rules::kCode, region.place, fmt::format("{} bytes of program code", region.bytes.size()));
    scanContent(context, region,
                isStorageName(name)     ? Role::Storage
                : hasPickleSuffix(name) ? Role::Pickle
                                        : Role::Record);
}

}  // namespace plimsoll
