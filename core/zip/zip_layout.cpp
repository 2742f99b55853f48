// SPDX-License-Identifier: GPL-3.0-or-later
#include "zip/zip_layout.h"

#include <algorithm>
#include <concepts>
#include <limits>
#include <span>
#include <string_view>
#include <unordered_set>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/byte_cursor.h"
#include "base/checked.h"
#include "zip/zip_records.h"

namespace plimsoll {

namespace {

using namespace zip_records;

constexpr std::uint16_t kVersionPlain = 10;  // 4.4.3.2: needed for stored members
constexpr std::uint16_t kVersionZip64 = 45;
// Torch's zero here means DOS, whose names unzip takes for another code page.
constexpr std::uint16_t kMadeOnUnix = 3 << 8;
constexpr std::uint32_t kPlainFile = 0100644U << 16;  // what unzip gives the extracted file

class RecordWriter {
public:
    explicit RecordWriter(std::vector<std::byte>& out) : out_(out) {}

    template <std::unsigned_integral T>
    void put(T value) {
        for (std::size_t i = 0; i < sizeof(T); ++i) out_.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
    void put16(std::uint64_t value) { put(static_cast<std::uint16_t>(std::min<std::uint64_t>(value, kMax16))); }
    void put32(std::uint64_t value) { put(static_cast<std::uint32_t>(std::min<std::uint64_t>(value, kMax32))); }
    void put(std::string_view text) {
        const auto bytes = asBytes(text);
        out_.insert(out_.end(), bytes.begin(), bytes.end());
    }
    void fill(std::uint64_t count, char c) { out_.insert(out_.end(), count, static_cast<std::byte>(c)); }

private:
    std::vector<std::byte>& out_;
};

// No file is longer than 2^63 - 1; below that no sum here wraps.
constexpr auto kLongestFile = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

Result<void> checkEnd(std::uint64_t headerOffset, std::string_view name, std::uint64_t bytes) {
    constexpr std::uint64_t kMoreThanAnyHeader = 0x20000;
    if (bytes > kLongestFile - kMoreThanAnyHeader || headerOffset > kLongestFile - kMoreThanAnyHeader - bytes)
        return fail(Errc::Overflow,
                    fmt::format("the archive would be longer than 2^63 bytes with {}", quotedName(name)));
    return {};
}

// Of the zip64 field of a directory entry, its header apart.
std::uint64_t directoryZip64Bytes(std::uint64_t headerOffset, std::uint64_t bytes) {
    return (bytes >= kMax32 ? 16U : 0U) + (headerOffset >= kMax32 ? 8U : 0U);
}

struct Placed {
    const ZipMember& member;
    std::uint64_t headerOffset;
    std::uint64_t dataOffset;

    [[nodiscard]] bool wideSizes() const { return member.bytes >= kMax32; }
    [[nodiscard]] bool wideOffset() const { return headerOffset >= kMax32; }
    [[nodiscard]] std::uint16_t version() const { return wideSizes() || wideOffset() ? kVersionZip64 : kVersionPlain; }
};

// What stands between the signature and the name length in a local header and in a directory entry alike.
void putCommonFields(RecordWriter& out, const Placed& placed) {
    out.put(placed.version());
    out.put(kFlagUtf8);
    out.put(kStored);
    out.put(std::uint32_t{0});  // no time of writing, as torch: equal input gives equal bytes
    out.put(std::uint32_t{0});  // CRC-32, patched when it is known
    out.put32(placed.member.bytes);
    out.put32(placed.member.bytes);
    out.put16(placed.member.name.size());
}

std::vector<std::byte> localHeader(const Placed& placed) {
    const std::uint64_t headerBytes = placed.dataOffset - placed.headerOffset;
    const std::uint64_t extraBytes = headerBytes - kLocalBytes - placed.member.name.size();
    std::vector<std::byte> header;
    header.reserve(headerBytes);
    RecordWriter out(header);
    out.put(kLocalSignature);
    putCommonFields(out, placed);
    out.put16(extraBytes);
    out.put(std::string_view(placed.member.name));
    std::uint64_t paddingBytes = extraBytes - kExtraHeaderBytes;
    if (placed.wideSizes()) {
        out.put(kExtraZip64);
        out.put16(16);
        out.put(placed.member.bytes);
        out.put(placed.member.bytes);
        paddingBytes -= kExtraHeaderBytes + 16;
    }
    out.put(kExtraPadding);
    out.put16(paddingBytes);
    out.fill(paddingBytes, 'Z');
    return header;
}

void putDirectoryEntry(RecordWriter& out, const Placed& placed) {
    const std::uint64_t zip64Bytes = directoryZip64Bytes(placed.headerOffset, placed.member.bytes);
    out.put(kDirectorySignature);
    out.put(static_cast<std::uint16_t>(kMadeOnUnix | placed.version()));
    putCommonFields(out, placed);
    out.put16(zip64Bytes == 0 ? 0 : kExtraHeaderBytes + zip64Bytes);
    out.put(std::uint16_t{0});  // comment
    out.put(std::uint16_t{0});  // part
    out.put(std::uint16_t{0});  // internal attributes
    out.put(kPlainFile);
    out.put32(placed.headerOffset);
    out.put(std::string_view(placed.member.name));
    if (zip64Bytes == 0) return;
    out.put(kExtraZip64);
    out.put16(zip64Bytes);
    if (placed.wideSizes()) {
        out.put(placed.member.bytes);
        out.put(placed.member.bytes);
    }
    if (placed.wideOffset()) out.put(placed.headerOffset);
}

void putEndRecords(RecordWriter& out, std::uint64_t entries, std::uint64_t directoryOffset,
                   std::uint64_t directoryBytes) {
    out.put(kEnd64Signature);
    out.put(std::uint64_t{kEnd64Bytes - 12});  // bytes after this field
    out.put(kVersionZip64);
    out.put(kVersionZip64);
    out.put(std::uint32_t{0});
    out.put(std::uint32_t{0});
    out.put(entries);
    out.put(entries);
    out.put(directoryBytes);
    out.put(directoryOffset);

    out.put(kLocatorSignature);
    out.put(std::uint32_t{0});
    out.put(directoryOffset + directoryBytes);
    out.put(std::uint32_t{1});

    out.put(kEndSignature);
    out.put(std::uint16_t{0});
    out.put(std::uint16_t{0});
    out.put16(entries);
    out.put16(entries);
    out.put32(directoryBytes);
    out.put32(directoryOffset);
    out.put(std::uint16_t{0});  // comment
}

Result<void> checkNames(const std::vector<ZipMember>& members) {
    std::unordered_set<std::string_view> names;
    names.reserve(members.size());
    for (const ZipMember& member : members) {
        const std::string_view name = member.name;
        if (name.empty()) return fail(Errc::Usage, "a zip member needs a name");
        if (name.size() > kMax16)
            return fail(Errc::Usage,
                        fmt::format("the member name {} is longer than {} bytes", quotedName(name), kMax16));
        if (name.find('\0') != std::string_view::npos)
            return fail(Errc::Usage, fmt::format("the member name {} holds a NUL byte", quotedName(name)));
        if (!simdjson::validate_utf8(name.data(), name.size()))
            return fail(Errc::Usage, fmt::format("the member name {} is not UTF-8", quotedName(name)));
        if (!names.insert(name).second)
            return fail(Errc::Usage, fmt::format("two members would have the name {}", quotedName(name)));
    }
    return {};
}

}  // namespace

Result<ZipLayout> layoutStoredZip(const std::vector<ZipMember>& members) {
    constexpr std::uint64_t kCrcInLocal = 14;
    constexpr std::uint64_t kCrcInDirectoryEntry = 16;
    TRY_VOID(checkNames(members));

    ZipLayout layout;
    layout.slots.reserve(members.size());
    layout.blobs.reserve(members.size() + 1);
    std::vector<std::byte> directory;
    RecordWriter out(directory);
    std::uint64_t offset = 0;
    for (const ZipMember& member : members) {
        TRY_VOID(checkEnd(offset, member.name, member.bytes));
        const Placed placed{member, offset, torchDataOffset(offset, member.name.size(), member.bytes, kTorchAlignment)};
        layout.slots.push_back(
            {placed.dataOffset, member.bytes, offset + kCrcInLocal, directory.size() + kCrcInDirectoryEntry});
        layout.blobs.push_back({offset, localHeader(placed)});
        putDirectoryEntry(out, placed);
        offset = placed.dataOffset + member.bytes;
    }
    for (auto& slot : layout.slots) slot.crcInDirectory += offset;
    putEndRecords(out, members.size(), offset, directory.size());
    layout.fileBytes = offset + directory.size();
    layout.blobs.push_back({offset, std::move(directory)});
    return layout;
}

Result<void> StoredZipSize::add(std::string_view name, std::uint64_t bytes) {
    TRY_VOID(checkEnd(offset_, name, bytes));
    const std::uint64_t zip64Bytes = directoryZip64Bytes(offset_, bytes);
    directoryBytes_ += kDirectoryBytes + name.size() + (zip64Bytes == 0 ? 0 : kExtraHeaderBytes + zip64Bytes);
    offset_ = torchDataOffset(offset_, name.size(), bytes, kTorchAlignment) + bytes;
    return {};
}

std::uint64_t StoredZipSize::fileBytes() const noexcept {
    return offset_ + directoryBytes_ + kEnd64Bytes + kLocatorBytes + kEndBytes;
}

}  // namespace plimsoll
