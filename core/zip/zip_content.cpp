// SPDX-License-Identifier: GPL-3.0-or-later
// What ZipReader does with one member: its local header and its bytes.
#include <memory>

#include <fmt/format.h>
#include <libdeflate.h>

#include "base/byte_cursor.h"
#include "zip/crc32.h"
#include "zip/zip_reader.h"
#include "zip/zip_records.h"

namespace plimsoll {

namespace {

using namespace zip_records;

struct LocalSizes {
    std::uint64_t stored = 0;
    std::uint64_t bytes = 0;
};

// The sizes of a local header, from its zip64 field where it says so (both are in it then).
Result<LocalSizes> localSizes(std::span<const std::byte, kLocalBytes> record, std::span<const std::byte> extra,
                              std::uint64_t extraOffset) {
    LocalSizes sizes{field<std::uint32_t, 18>(record), field<std::uint32_t, 22>(record)};
    if (sizes.stored != kMax32 && sizes.bytes != kMax32) return sizes;
    ByteCursor fields(extra, extraOffset);
    while (!fields.atEnd()) {
        TRY(const auto id, fields.read<std::uint16_t>());
        TRY(const auto bytes, fields.read<std::uint16_t>());
        TRY(const auto content, fields.take(bytes));
        if (id != kExtraZip64) continue;
        ByteCursor zip64(content, extraOffset);
        if (sizes.bytes == kMax32) {
            TRY(sizes.bytes, zip64.read<std::uint64_t>());
        }
        if (sizes.stored == kMax32) {
            TRY(sizes.stored, zip64.read<std::uint64_t>());
        }
        return sizes;
    }
    return fail(Errc::Corrupt, "the local header needs a zip64 field, which is missing", extraOffset);
}

tl::unexpected<Error> disagrees(const ZipEntry& entry, std::string_view what, std::uint64_t local,
                                std::uint64_t directory) {
    return fail(Errc::Corrupt,
                fmt::format("the local header of {} says {} {}, the directory says {}", quotedName(entry.name), what,
                            local, directory),
                entry.headerOffset);
}

// Sizes as the local header states them. With a data descriptor it may leave each of them 0 or "see zip64", but what
// it does state must be what the directory states. The CRC-32 is not compared: a member with a wrong one in one place
// can still be looked at, and content() says what it really is.
Result<void> checkLocalSizes(const ZipEntry& entry, std::span<const std::byte, kLocalBytes> record,
                             std::span<const std::byte> extra, std::uint64_t extraOffset) {
    const bool descriptor = (field<std::uint16_t, 6>(record) & kFlagDescriptor) != 0;
    LocalSizes sizes{field<std::uint32_t, 18>(record), field<std::uint32_t, 22>(record)};
    if (descriptor) {
        if (sizes.stored == kMax32) sizes.stored = 0;
        if (sizes.bytes == kMax32) sizes.bytes = 0;
    } else {
        TRY(sizes, localSizes(record, extra, extraOffset));
    }
    if (sizes.stored != entry.storedBytes && !(descriptor && sizes.stored == 0))
        return disagrees(entry, "packed size", sizes.stored, entry.storedBytes);
    if (sizes.bytes != entry.bytes && !(descriptor && sizes.bytes == 0))
        return disagrees(entry, "size", sizes.bytes, entry.bytes);
    return {};
}

struct FreeDecompressor {
    void operator()(libdeflate_decompressor* d) const noexcept { libdeflate_free_decompressor(d); }
};

Result<std::vector<std::byte>> inflate(const ZipEntry& entry, std::span<const std::byte> packed,
                                       std::uint64_t dataOffset) {
    // Deflate never packs better than 1032 to 1 (258 bytes from 2 bits): memory only for what the input can fill.
    constexpr std::uint64_t kBestRatio = 1032;
    if (entry.bytes / kBestRatio > packed.size()) {
        return fail(
            Errc::Corrupt,
            fmt::format("{} cannot inflate from {} to {} bytes", quotedName(entry.name), packed.size(), entry.bytes),
            dataOffset);
    }
    const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(libdeflate_alloc_decompressor());
    if (decompressor == nullptr) return fail(Errc::Io, "no memory to inflate with");
    std::vector<std::byte> content(entry.bytes);
    std::byte dummy{};  // libdeflate takes no null pointer, even for nothing
    std::size_t used = 0;
    std::size_t made = 0;
    const auto outcome =
        libdeflate_deflate_decompress_ex(decompressor.get(), packed.data(), packed.size(),
                                         content.empty() ? &dummy : content.data(), content.size(), &used, &made);
    if (outcome == LIBDEFLATE_INSUFFICIENT_SPACE) {
        return fail(Errc::Corrupt,
                    fmt::format("{} inflates to more than the {} bytes that the directory says", quotedName(entry.name),
                                entry.bytes),
                    dataOffset);
    }
    if (outcome != LIBDEFLATE_SUCCESS)
        return fail(Errc::Corrupt, fmt::format("{} holds no valid deflate data", quotedName(entry.name)), dataOffset);
    if (used != packed.size() || made != content.size()) {
        return fail(Errc::Corrupt,
                    fmt::format("{} inflates from {} to {} bytes, the directory says {} to {}", quotedName(entry.name),
                                used, made, packed.size(), content.size()),
                    dataOffset);
    }
    return content;
}

// The local header is laid over the member's region: nothing outside is looked at.
Result<std::uint64_t> checkLocalHeader(const ZipEntry& entry, ByteCursor cursor) {
    TRY(const auto fixedBytes, cursor.take(kLocalBytes));
    const auto record = fixedBytes.first<kLocalBytes>();
    if (field<std::uint32_t, 0>(record) != kLocalSignature) {
        return fail(Errc::Corrupt,
                    fmt::format("no local header of {} here (signature {:#010x}, expected {:#010x})",
                                quotedName(entry.name), field<std::uint32_t, 0>(record), kLocalSignature),
                    entry.headerOffset);
    }
    TRY(const auto name, cursor.take(field<std::uint16_t, 26>(record)));
    if (asText(name) != entry.name) {
        return fail(Errc::Corrupt,
                    fmt::format("the local header names {}, the directory {}", quotedName(asText(name)),
                                quotedName(entry.name)),
                    entry.headerOffset);
    }
    const std::uint64_t extraOffset = cursor.offset();
    TRY(const auto extra, cursor.take(field<std::uint16_t, 28>(record)));
    if (field<std::uint16_t, 8>(record) != entry.method)
        return disagrees(entry, "method", field<std::uint16_t, 8>(record), entry.method);
    const auto flags = field<std::uint16_t, 6>(record);
    if (((flags ^ entry.flags) & kFlagsUnreadable) != 0) return disagrees(entry, "flags", flags, entry.flags);
    TRY_VOID(checkLocalSizes(entry, record, extra, extraOffset));
    if (cursor.remaining() < entry.storedBytes) {
        return fail(Errc::OutOfBounds,
                    fmt::format("{} has {} bytes here, {} are left before byte {}", quotedName(entry.name),
                                entry.storedBytes, cursor.remaining(), entry.regionEnd),
                    cursor.offset());
    }
    if (entry.provenDataOffset && *entry.provenDataOffset != cursor.offset()) {
        return fail(Errc::Corrupt,
                    fmt::format("the local header puts the data of {} at byte {}, torch's alignment at byte {}",
                                quotedName(entry.name), cursor.offset(), *entry.provenDataOffset),
                    entry.headerOffset);
    }
    return cursor.offset();
}

}  // namespace

Result<std::uint64_t> ZipReader::dataOffset(const ZipEntry& entry) const {
    const auto region = archive_.subspan(entry.headerOffset, entry.regionEnd - entry.headerOffset);
    auto offset = checkLocalHeader(entry, ByteCursor(region, entry.headerOffset));
    if (!offset && offset.error().code == Errc::Truncated)
        offset.error().what = fmt::format("the local header of {} {}", quotedName(entry.name), offset.error().what);
    return offset;
}

Result<std::span<const std::byte>> ZipReader::storedData(const ZipEntry& entry) const {
    if ((entry.flags & kFlagsUnreadable) != 0) {
        return fail(Errc::Unsupported,
                    fmt::format("{} is encrypted or patched (flags {:#06x})", quotedName(entry.name), entry.flags),
                    entry.headerOffset);
    }
    if (entry.symbolicLink)
        return fail(Errc::Unsupported, fmt::format("{} is a symbolic link", quotedName(entry.name)),
                    entry.headerOffset);
    TRY(const auto offset, dataOffset(entry));
    return archive_.subspan(offset, entry.storedBytes);
}

Result<ZipContent> ZipReader::content(const ZipEntry& entry, std::uint64_t maxBytes) const {
    if (entry.bytes > maxBytes) {
        return fail(Errc::OverLimit,
                    fmt::format("{} has {} bytes, at most {} are read", quotedName(entry.name), entry.bytes, maxBytes),
                    entry.headerOffset);
    }
    if (entry.method != kStored && entry.method != kDeflated) {
        return fail(Errc::Unsupported,
                    fmt::format("{} is packed with method {}; stored (0) and deflated (8) are read",
                                quotedName(entry.name), entry.method),
                    entry.headerOffset);
    }
    TRY(const auto stored, storedData(entry));
    ZipContent content;
    if (entry.method == kStored) {
        content.bytes = stored;
    } else {
        TRY(content.inflated, inflate(entry, stored, static_cast<std::uint64_t>(stored.data() - archive_.data())));
        content.bytes = content.inflated;
    }
    content.crc32 = crc32(0, content.bytes);
    return content;
}

Result<std::vector<std::byte>> ZipReader::read(const ZipEntry& entry, std::uint64_t maxBytes) const {
    TRY(auto content, this->content(entry, maxBytes));
    if (hasChecksums_ && content.crc32 != entry.crc32) {
        return fail(Errc::Corrupt,
                    fmt::format("{} has CRC-32 {:#010x}, the directory says {:#010x}", quotedName(entry.name),
                                content.crc32, entry.crc32),
                    entry.headerOffset);
    }
    if (entry.method == kDeflated) return std::move(content.inflated);
    return std::vector<std::byte>(content.bytes.begin(), content.bytes.end());
}

}  // namespace plimsoll
