// SPDX-License-Identifier: GPL-3.0-or-later
#include "zip/zip_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
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

// ASCII without a NUL: of such a name nothing more is to be checked. False for a few others, too.
bool isPlainAscii(std::string_view text) noexcept {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    // The highest bit of a byte is set by a zero, which borrows, and by what is no ASCII.
    const auto unusual = [](std::uint64_t word) { return ((word | (word - kOnes)) & (kOnes << 7)) != 0; };
    std::uint64_t word = 0;
    if (text.size() < sizeof(word))
        return std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) > 0; });
    for (std::size_t at = 0; at + sizeof(word) <= text.size(); at += sizeof(word)) {
        std::memcpy(&word, text.data() + at, sizeof(word));
        if (unusual(word)) return false;
    }
    std::memcpy(&word, text.data() + text.size() - sizeof(word), sizeof(word));
    return !unusual(word);
}

Result<void> checkName(const ZipEntry& entry, std::uint64_t offset) {
    if (!entry.name.empty() && isPlainAscii(entry.name)) return {};
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
Result<void> readEntry(ZipEntry& entry, ByteCursor& cursor, std::uint64_t directoryOffset) {
    const std::uint64_t at = cursor.offset();
    TRY(const auto fixedBytes, cursor.take(kDirectoryBytes));
    const auto record = fixedBytes.first<kDirectoryBytes>();
    if (field<std::uint32_t, 0>(record) != kDirectorySignature) {
        return fail(Errc::Corrupt,
                    fmt::format("no directory entry here (signature {:#010x}, expected {:#010x})",
                                field<std::uint32_t, 0>(record), kDirectorySignature),
                    at);
    }
    entry.flags = field<std::uint16_t, 8>(record);
    entry.method = field<std::uint16_t, 10>(record);
    entry.crc32 = field<std::uint32_t, 16>(record);
    entry.storedBytes = field<std::uint32_t, 20>(record);
    entry.bytes = field<std::uint32_t, 24>(record);
    entry.headerOffset = field<std::uint32_t, 42>(record);
    entry.symbolicLink = isSymbolicLink(field<std::uint16_t, 4>(record), field<std::uint32_t, 38>(record));
    std::uint32_t disk = field<std::uint16_t, 34>(record);
    const std::size_t nameBytes = field<std::uint16_t, 28>(record);
    const std::size_t extraBytes = field<std::uint16_t, 30>(record);
    const std::uint64_t extraOffset = cursor.offset() + nameBytes;
    TRY(const auto texts, cursor.take(nameBytes + extraBytes + field<std::uint16_t, 32>(record)));
    entry.name = asText(texts.first(nameBytes));
    const auto extra = texts.subspan(nameBytes, extraBytes);
    TRY_VOID(checkName(entry, at));
    if (entry.storedBytes == kMax32 || entry.bytes == kMax32 || entry.headerOffset == kMax32 || disk == kMax16)
        TRY_VOID(applyZip64(entry, disk, extra, extraOffset));
    if (disk != 0)
        return fail(Errc::Unsupported, fmt::format("{} is in another part of the archive", quotedName(entry.name)), at);
    const std::uint64_t headerBytes = kLocalBytes + entry.name.size();
    if (entry.headerOffset > directoryOffset || headerBytes > directoryOffset - entry.headerOffset ||
        entry.storedBytes > directoryOffset - entry.headerOffset - headerBytes) {
        return fail(Errc::OutOfBounds,
                    fmt::format("{} has {} bytes at byte {}, beyond the {} before the directory",
                                quotedName(entry.name), entry.storedBytes, entry.headerOffset, directoryOffset),
                    at);
    }
    if (entry.method == kStored && (entry.flags & kFlagsUnreadable) == 0 && entry.storedBytes != entry.bytes) {
        return fail(Errc::Corrupt,
                    fmt::format("{} is stored, yet has {} bytes packed and {} unpacked", quotedName(entry.name),
                                entry.storedBytes, entry.bytes),
                    at);
    }
    return {};
}

// Shorter names first, then by their bytes: torch's records data/0, data/1, ... are in this order.
bool comesBefore(std::string_view a, std::string_view b) noexcept {
    return a.size() != b.size() ? a.size() < b.size() : std::memcmp(a.data(), b.data(), a.size()) < 0;
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
    std::size_t runStart = 0;
    for (std::size_t i = 0; i < end.entries; ++i) {
        ZipEntry& entry = entries_.emplace_back();
        if (auto read = readEntry(entry, cursor, end.directoryOffset); !read) {
            read.error().what = fmt::format("member {} of {}: {}", i + 1, end.entries, read.error().what);
            return fail(std::move(read.error()));
        }
        hasChecksums_ = hasChecksums_ || entry.crc32 != 0;
        if (i > 0 && !comesBefore(entries_[i - 1].name, entry.name)) runStart = i;
        if (i + 1 - runStart > inOrderEnd_ - inOrderBegin_) {
            inOrderBegin_ = runStart;
            inOrderEnd_ = i + 1;
        }
    }
    if (!cursor.atEnd()) {
        return fail(Errc::Corrupt,
                    fmt::format("the end record says {} members, the directory goes on for {} bytes", end.entries,
                                cursor.remaining()),
                    cursor.offset());
    }
    return assignRegions(end.directoryOffset);
}

Result<void> ZipReader::assignRegions(std::uint64_t directoryOffset) {
    // By offset; empty where the directory has them in this order, as nearly always.
    BigVector<std::uint32_t> order;
    if (!std::ranges::is_sorted(entries_, {}, &ZipEntry::headerOffset)) {
        order.resize(entries_.size());
        std::iota(order.begin(), order.end(), std::uint32_t{0});
        std::ranges::sort(order, {}, [this](std::uint32_t i) { return entries_[i].headerOffset; });
    }
    const auto entryAt = [&](std::size_t place) -> ZipEntry& { return entries_[order.empty() ? place : order[place]]; };

    const std::uint64_t first = entries_.empty() ? directoryOffset : entryAt(0).headerOffset;
    if (first != 0)
        return fail(Errc::Corrupt, fmt::format("{} bytes before the first member belong to no member", first), 0);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        ZipEntry& entry = entryAt(i);
        entry.regionEnd = i + 1 < entries_.size() ? entryAt(i + 1).headerOffset : directoryOffset;
        // The sum cannot wrap: readEntry has checked it against the directory's offset.
        if (entry.headerOffset + kLocalBytes + entry.name.size() + entry.storedBytes > entry.regionEnd) {
            return fail(
                Errc::Corrupt,
                fmt::format("{} with {} bytes at byte {} overlaps {} at byte {}", quotedName(entry.name),
                            entry.storedBytes, entry.headerOffset, quotedName(entryAt(i + 1).name), entry.regionEnd),
                entry.headerOffset);
        }
    }
    return {};
}

// Names in order are different, and found by halving: only the others need a table.
Result<void> ZipReader::indexNames() {
    names_.reset(entries_.size() - (inOrderEnd_ - inOrderBegin_));
    const auto nameOf = [this](std::uint32_t index) { return entries_[index].name; };
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (i == inOrderBegin_) i = inOrderEnd_;
        if (i == entries_.size()) break;
        if (findInOrder(entries_[i].name) != nullptr || !names_.insert(static_cast<std::uint32_t>(i), nameOf))
            return fail(Errc::Corrupt, fmt::format("two members have the name {}", quotedName(entries_[i].name)),
                        entries_[i].headerOffset);
    }
    return {};
}

const ZipEntry* ZipReader::findInOrder(std::string_view name) const {
    const auto inOrder = std::span(entries_).subspan(inOrderBegin_, inOrderEnd_ - inOrderBegin_);
    const auto found = std::ranges::lower_bound(inOrder, name, comesBefore, &ZipEntry::name);
    return found != inOrder.end() && found->name == name ? &*found : nullptr;
}

const ZipEntry* ZipReader::find(std::string_view name) const {
    if (const ZipEntry* const entry = findInOrder(name)) return entry;
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
