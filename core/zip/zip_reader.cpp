// SPDX-License-Identifier: GPL-3.0-or-later
#include "zip/zip_reader.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/byte_cursor.h"
#include "base/limits.h"
#include "zip/zip_end.h"
#include "zip/zip_records.h"

namespace plimsoll {

namespace {

using namespace zip_records;

constexpr std::string_view kAlignmentRecord = "/.storage_alignment";
// torch pads with one extra field, which cannot be longer than this.
constexpr std::uint64_t kLargestAlignment = 0xffff;

// Replaces the fields that say "see zip64" by those of the zip64 extra field, which holds just these, in this order.
Result<void> applyZip64(ZipEntry& entry, std::uint32_t& disk, std::span<const std::byte> extra,
                        std::uint64_t extraOffset) {
    ByteCursor fields(extra, extraOffset);
    while (!fields.atEnd()) {
        TRY(const auto id, fields.read<std::uint16_t>());
        TRY(const auto bytes, fields.read<std::uint16_t>());
        const std::uint64_t at = fields.offset();
        TRY(const auto content, fields.take(bytes));
        if (id != kExtraZip64) continue;
        ByteCursor zip64(content, at);
        for (std::uint64_t* value : {&entry.bytes, &entry.storedBytes, &entry.headerOffset}) {
            if (*value != kMax32) continue;
            TRY(*value, zip64.read<std::uint64_t>());
        }
        if (disk == kMax16) {
            TRY(disk, zip64.read<std::uint32_t>());
        }
        return {};
    }
    return fail(Errc::Corrupt, fmt::format("{} needs a zip64 field, which is missing", quotedName(entry.name)),
                extraOffset);
}

Result<void> checkName(const ZipEntry& entry, std::uint64_t offset) {
    if (entry.name.empty()) return fail(Errc::Corrupt, "a member without a name", offset);
    if (entry.name.find('\0') != std::string_view::npos)
        return fail(Errc::Corrupt, fmt::format("the member name {} holds a NUL byte", quotedName(entry.name)), offset);
    if ((entry.flags & kFlagUtf8) != 0 && !simdjson::validate_utf8(entry.name.data(), entry.name.size()))
        return fail(Errc::Corrupt, "a member name is flagged as UTF-8 and is not", offset);
    return {};
}

bool isSymbolicLink(std::uint16_t madeBy, std::uint32_t externalAttributes) {
    constexpr std::uint32_t kUnix = 3;
    return madeBy >> 8 == kUnix && (externalAttributes >> 16 & 0xf000) == 0xa000;
}

// One record of the directory; `cursor` is at it. Offsets and sizes are checked against the directory's place.
Result<ZipEntry> readEntry(ByteCursor& cursor, std::uint64_t directoryOffset) {
    const std::uint64_t at = cursor.offset();
    TRY(const auto fixedBytes, cursor.take(kDirectoryBytes));
    const auto record = fixedBytes.first<kDirectoryBytes>();
    if (field<std::uint32_t, 0>(record) != kDirectorySignature)
        return fail(Errc::Corrupt,
                    fmt::format("no directory entry here (signature {:#010x}, expected {:#010x})",
                                field<std::uint32_t, 0>(record), kDirectorySignature),
                    at);
    ZipEntry entry;
    entry.flags = field<std::uint16_t, 8>(record);
    entry.method = field<std::uint16_t, 10>(record);
    entry.crc32 = field<std::uint32_t, 16>(record);
    entry.storedBytes = field<std::uint32_t, 20>(record);
    entry.bytes = field<std::uint32_t, 24>(record);
    entry.headerOffset = field<std::uint32_t, 42>(record);
    entry.symbolicLink = isSymbolicLink(field<std::uint16_t, 4>(record), field<std::uint32_t, 38>(record));
    std::uint32_t disk = field<std::uint16_t, 34>(record);
    TRY(const auto name, cursor.take(field<std::uint16_t, 28>(record)));
    entry.name = asText(name);
    const std::uint64_t extraOffset = cursor.offset();
    TRY(const auto extra, cursor.take(field<std::uint16_t, 30>(record)));
    TRY_VOID(cursor.skip(field<std::uint16_t, 32>(record)));
    TRY_VOID(checkName(entry, at));
    if (entry.storedBytes == kMax32 || entry.bytes == kMax32 || entry.headerOffset == kMax32 || disk == kMax16)
        TRY_VOID(applyZip64(entry, disk, extra, extraOffset));
    if (disk != 0)
        return fail(Errc::Unsupported, fmt::format("{} is in another part of the archive", quotedName(entry.name)), at);
    const std::uint64_t headerBytes = kLocalBytes + entry.name.size();
    if (entry.headerOffset > directoryOffset || headerBytes > directoryOffset - entry.headerOffset ||
        entry.storedBytes > directoryOffset - entry.headerOffset - headerBytes)
        return fail(Errc::OutOfBounds,
                    fmt::format("{} has {} bytes at byte {}, beyond the {} before the directory",
                                quotedName(entry.name), entry.storedBytes, entry.headerOffset, directoryOffset),
                    at);
    if (entry.method == kStored && (entry.flags & kFlagsUnreadable) == 0 && entry.storedBytes != entry.bytes)
        return fail(Errc::Corrupt,
                    fmt::format("{} is stored, yet has {} bytes packed and {} unpacked", quotedName(entry.name),
                                entry.storedBytes, entry.bytes),
                    at);
    return entry;
}

}  // namespace

Result<ZipReader> ZipReader::open(std::span<const std::byte> archive) {
    ZipReader reader;
    reader.archive_ = archive;
    TRY_VOID(reader.readDirectory());
    TRY_VOID(reader.indexNames());
    reader.proveDataOffsets();
    return reader;
}

bool ZipReader::looksLikeZip(std::span<const std::byte> archive) noexcept {
    const std::string_view head = asText(archive.first(std::min<std::size_t>(archive.size(), 4)));
    return head == std::string_view("PK\x03\x04", 4) || hasZipEnd(archive);
}

Result<void> ZipReader::readDirectory() {
    TRY(const ZipEnd end, findZipEnd(archive_));
    if (end.entries > limits::kZipEntries)
        return fail(Errc::OverLimit, fmt::format("{} members, at most {} are opened", end.entries, limits::kZipEntries),
                    end.directoryOffset);
    entries_.reserve(end.entries);
    ByteCursor cursor(archive_.subspan(end.directoryOffset, end.directoryBytes), end.directoryOffset);
    for (std::uint64_t i = 0; i < end.entries; ++i) {
        auto entry = readEntry(cursor, end.directoryOffset);
        if (!entry) {
            entry.error().what = fmt::format("member {} of {}: {}", i + 1, end.entries, entry.error().what);
            return fail(std::move(entry.error()));
        }
        entries_.push_back(*entry);
    }
    if (!cursor.atEnd())
        return fail(Errc::Corrupt,
                    fmt::format("the end record says {} members, the directory goes on for {} bytes", end.entries,
                                cursor.remaining()),
                    cursor.offset());
    return assignRegions(end.directoryOffset);
}

Result<void> ZipReader::assignRegions(std::uint64_t directoryOffset) {
    const auto byOffset = [this](std::uint32_t a, std::uint32_t b) {
        return entries_[a].headerOffset < entries_[b].headerOffset;
    };
    BigVector<std::uint32_t> order(entries_.size());
    std::iota(order.begin(), order.end(), std::uint32_t{0});
    if (!std::is_sorted(order.begin(), order.end(), byOffset)) std::sort(order.begin(), order.end(), byOffset);

    const std::uint64_t first = order.empty() ? directoryOffset : entries_[order.front()].headerOffset;
    if (first != 0)
        return fail(Errc::Corrupt, fmt::format("{} bytes before the first member belong to no member", first), 0);
    for (std::size_t i = 0; i < order.size(); ++i) {
        ZipEntry& entry = entries_[order[i]];
        entry.regionEnd = i + 1 < order.size() ? entries_[order[i + 1]].headerOffset : directoryOffset;
        // The sum cannot wrap: readEntry has checked it against the directory's offset.
        if (entry.headerOffset + kLocalBytes + entry.name.size() + entry.storedBytes > entry.regionEnd)
            return fail(Errc::Corrupt,
                        fmt::format("{} with {} bytes at byte {} overlaps {} at byte {}", quotedName(entry.name),
                                    entry.storedBytes, entry.headerOffset, quotedName(entries_[order[i + 1]].name),
                                    entry.regionEnd),
                        entry.headerOffset);
    }
    return {};
}

Result<void> ZipReader::indexNames() {
    names_.reset(entries_.size());
    const auto nameOf = [this](std::uint32_t index) { return entries_[index].name; };
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        if (!names_.insert(i, nameOf))
            return fail(Errc::Corrupt, fmt::format("two members have the name {}", quotedName(entries_[i].name)),
                        entries_[i].headerOffset);
    }
    return {};
}

const ZipEntry* ZipReader::find(std::string_view name) const {
    const auto index = names_.find(name, [this](std::uint32_t i) { return entries_[i].name; });
    return index == ZipNames::kNone ? nullptr : &entries_[index];
}

// torch states it in a record in newer versions; before, it was always 64.
std::uint64_t ZipReader::torchAlignment() const {
    for (const ZipEntry& entry : entries_) {
        if (!entry.name.ends_with(kAlignmentRecord)) continue;
        constexpr std::uint64_t kDigits = 20;
        const auto text = content(entry, kDigits);
        if (!text) return kTorchAlignment;
        const std::string_view digits = asText(text->bytes);
        std::uint64_t alignment = 0;
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), alignment);
        const bool valid = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size() && alignment != 0 &&
                           alignment <= kLargestAlignment;
        return valid ? alignment : kTorchAlignment;
    }
    return kTorchAlignment;
}

void ZipReader::proveDataOffsets() {
    const std::uint64_t alignment = torchAlignment();
    for (ZipEntry& entry : entries_) {
        if (entry.method != kStored || (entry.flags & kFlagsUnreadable) != 0) continue;
        const std::uint64_t data = torchDataOffset(entry.headerOffset, entry.name.size(), entry.bytes, alignment);
        std::uint64_t descriptorBytes = 0;
        if ((entry.flags & kFlagDescriptor) != 0)
            descriptorBytes = torchZip64ExtraBytes(entry.headerOffset, entry.bytes) != 0 ? 24 : 16;
        if (data <= entry.regionEnd && entry.storedBytes <= entry.regionEnd - data &&
            entry.regionEnd - data - entry.storedBytes == descriptorBytes)
            entry.provenDataOffset = data;
    }
}

}  // namespace plimsoll
