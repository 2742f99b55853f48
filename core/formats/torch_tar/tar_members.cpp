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

namespace plimsoll {

namespace {

constexpr std::uint64_t kBlock = 512;

// Fields of a header block.
struct Field {
    std::size_t at;
    std::size_t bytes;
};
constexpr Field kName{0, 100};
constexpr Field kSize{124, 12};
constexpr Field kChecksum{148, 8};
constexpr Field kType{156, 1};
constexpr Field kMagic{257, 5};
constexpr Field kPrefix{345, 155};

std::string_view textOf(std::string_view header, Field field) {
    const auto text = header.substr(field.at, field.bytes);
    return text.substr(0, text.find('\0'));
}

// Octal with spaces around it, or (first bit set) a big-endian binary number.
std::optional<std::uint64_t> numberOf(std::string_view header, Field field) {
    const auto raw = header.substr(field.at, field.bytes);
    if ((static_cast<unsigned char>(raw[0]) & 0x80U) != 0) {
        std::uint64_t number = static_cast<unsigned char>(raw[0]) & 0x7FU;
        for (const char c : raw.substr(1)) {
            if (number >> 56U != 0) return std::nullopt;
            number = number << 8U | static_cast<unsigned char>(c);
        }
        return number;
    }
    auto text = textOf(header, field);
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    if (text.empty()) return 0;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 8);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

bool checksumHolds(std::string_view header) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i) {
        const bool inField = i >= kChecksum.at && i < kChecksum.at + kChecksum.bytes;
        sum += inField ? ' ' : static_cast<unsigned char>(header[i]);
    }
    return numberOf(header, kChecksum) == sum;
}

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
    explicit TarReader(std::span<const std::byte> bytes) : text_(asText(bytes)) {}

    Result<TarArchive> read() {
        while (at_ < text_.size()) {
            if (text_.size() - at_ < kBlock)
                return fail(Errc::Truncated,
                            fmt::format("a tar header needs {} bytes, {} are left", kBlock, text_.size() - at_), at_);
            const auto header = text_.substr(at_, kBlock);
            if (std::ranges::all_of(header, [](char c) { return c == '\0'; })) {
                archive_.ended = true;
                break;
            }
            TRY_VOID(readMember(header));
        }
        return std::move(archive_);
    }

private:
    Result<void> readMember(std::string_view header) {
        if (!checksumHolds(header)) return fail(Errc::Corrupt, "a tar header's checksum does not match it", at_);
        const auto size = numberOf(header, kSize);
        if (!size) return fail(Errc::Corrupt, "a tar header's size is no number", at_);
        TarMember member;
        member.headerOffset = at_;
        const char type = textOf(header, kType).empty() ? '0' : header[kType.at];
        const bool describesNext = type == 'x' || type == 'g' || type == 'L' || type == 'K';
        member.regular = type == '0' || type == '7';
        // Devices, links and folders have a size, at times, but no data.
        const bool hasData = member.regular || describesNext;
        member.bytes = hasData ? (describesNext ? *size : pax_.size.value_or(*size)) : 0;
        member.offset = at_ + kBlock;
        if (!fitsWithin(member.offset, member.bytes, text_.size()))
            return fail(Errc::Truncated,
                        fmt::format("tar member {} needs {} bytes, {} are left", inQuotes(textOf(header, kName)),
                                    member.bytes, text_.size() - member.offset),
                        at_);
        const std::uint64_t end = member.offset + member.bytes;
        at_ = std::min<std::uint64_t>(text_.size(), end + (kBlock - end % kBlock) % kBlock);
        if (describesNext) return describeNext(type, member);
        member.name = pax_.path.value_or(nameOf(header));
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

    static std::string nameOf(std::string_view header) {
        std::string name(textOf(header, kName));
        const bool posix = header.substr(kMagic.at, 6) == std::string_view("ustar\0", 6);
        const auto prefix = posix ? textOf(header, kPrefix) : std::string_view();
        return prefix.empty() ? name : fmt::format("{}/{}", prefix, name);
    }

    std::string_view text_;
    std::uint64_t at_ = 0;
    PaxRecords pax_;
    TarArchive archive_;
};

}  // namespace

bool looksLikeTar(std::span<const std::byte> bytes) noexcept {
    return bytes.size() >= kBlock && asText(bytes.subspan(kMagic.at, kMagic.bytes)) == "ustar";
}

Result<TarArchive> readTar(std::span<const std::byte> bytes) {
    return TarReader(bytes).read();
}

}  // namespace plimsoll
