// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_tar/tar_members.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/checked.h"
#include "checkpoint/words.h"
#include "formats/torch_tar/tar_header.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kBlock = TarHeader::kBlock;

// What a pax header says of the member behind it: records "LENGTH KEY=VALUE\n".
struct PaxRecords {
    std::optional<std::string> path;
    std::optional<std::uint64_t> size;
};

std::optional<PaxRecords> parsePax(std::string_view text) {
    PaxRecords records;
    while (!text.empty()) {
        std::size_t length = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
        const auto digits = static_cast<std::size_t>(end - text.data());
        if (error != std::errc() || length > text.size() || length < digits + 2) return std::nullopt;
        const auto record = text.substr(digits + 1, length - digits - 2);
        const auto equals = record.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        const auto value = record.substr(equals + 1);
        if (record.starts_with("path=")) records.path = value;
        if (record.starts_with("size=")) {
            std::uint64_t size = 0;
            const auto [stop, wrong] = std::from_chars(value.data(), value.data() + value.size(), size);
            if (wrong != std::errc() || stop != value.data() + value.size()) return std::nullopt;
            records.size = size;
        }
        text.remove_prefix(length);
    }
    return records;
}

class TarReader {
public:
    explicit TarReader(std::span<const std::byte> bytes) : bytes_(bytes), text_(asText(bytes)) {}

    Result<TarArchive> read() {
        while (at_ < text_.size()) {
            if (text_.size() - at_ < kBlock)
                return fail(Errc::Truncated,
                            fmt::format("a tar header needs {} bytes, {} are left", kBlock, text_.size() - at_), at_);
            const auto block = bytes_.subspan(static_cast<std::size_t>(at_), kBlock);
            if (std::ranges::all_of(block, [](std::byte b) { return b == std::byte(); })) {
                archive_.ended = true;
                at_ += kBlock;
                break;
            }
            TRY_VOID(readMember(block));
        }
        archive_.end = at_;
        return std::move(archive_);
    }

private:
    Result<void> readMember(std::span<const std::byte> block) {
        if (!TarHeader::checksumHolds(block))
            return fail(Errc::Corrupt, "a tar header's checksum does not match it", at_);
        const auto header = TarHeader::parse(block);
        if (!header) return fail(Errc::Corrupt, "a tar header's size is no number", at_);
        TarMember member;
        member.headerOffset = at_;
        const char type = header->type;
        const bool describesNext = type == 'x' || type == 'g' || type == 'L' || type == 'K';
        member.regular = header->isFile();
        // Devices, links and folders have a size, at times, but no data.
        const bool hasData = member.regular || describesNext;
        member.bytes = hasData ? (describesNext ? header->bytes : pax_.size.value_or(header->bytes)) : 0;
        member.offset = at_ + kBlock;
        if (!fitsWithin(member.offset, member.bytes, text_.size())) {
            return fail(Errc::Truncated,
                        fmt::format("tar member {} needs {} bytes, {} are left", inQuotes(header->name), member.bytes,
                                    text_.size() - member.offset),
                        at_);
        }
        const std::uint64_t end = member.offset + member.bytes;
        at_ = std::min<std::uint64_t>(text_.size(), end + (kBlock - end % kBlock) % kBlock);
        if (describesNext) return describeNext(type, member);
        member.name = pax_.path.value_or(header->name);
        pax_ = {};
        archive_.members.push_back(std::move(member));
        return {};
    }

    Result<void> describeNext(char type, const TarMember& member) {
        const auto data = text_.substr(static_cast<std::size_t>(member.offset), static_cast<std::size_t>(member.bytes));
        if (type == 'L') pax_.path = data.substr(0, data.find('\0'));
        if (type != 'x') return {};
        auto records = parsePax(data);
        if (!records) return fail(Errc::Corrupt, "a pax header's records are broken", member.headerOffset);
        pax_ = std::move(*records);
        return {};
    }

    std::span<const std::byte> bytes_;
    std::string_view text_;  // the same
    std::uint64_t at_ = 0;
    PaxRecords pax_;
    TarArchive archive_;
};

}  // namespace

bool looksLikeTar(std::span<const std::byte> bytes) noexcept {
    return bytes.size() >= kBlock && asText(bytes.subspan(257, 5)) == "ustar";
}

Result<TarArchive> readTar(std::span<const std::byte> bytes) {
    return TarReader(bytes).read();
}

}  // namespace plimsoll
