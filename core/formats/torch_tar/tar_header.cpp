// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_tar/tar_header.h"

#include <algorithm>
#include <string_view>

#include "base/byte_cursor.h"

namespace plimsoll {

namespace {

constexpr std::size_t kChecksumAt = 148;
constexpr std::size_t kChecksumBytes = 8;

// Octal digits between spaces or NULs; GNU's base-256 form where the first bit is set.
std::optional<std::uint64_t> number(std::string_view field) noexcept {
    std::uint64_t value = 0;
    if ((field[0] & 0x80) != 0) {
        // 12 bytes hold more than 64 bits; no file is that large.
        for (std::size_t i = 0; i < field.size(); ++i) {
            const auto digit = static_cast<unsigned char>(field[i]) & (i == 0 ? 0x7FU : 0xFFU);
            if (value >> 56 != 0) return std::nullopt;
            value = value << 8 | digit;
        }
        return value;
    }
    const auto first = field.find_first_not_of(' ');
    if (first == std::string_view::npos) return 0;
    for (const char c : field.substr(first)) {
        if (c == ' ' || c == '\0') break;
        if (c < '0' || c > '7' || value >> 61 != 0) return std::nullopt;
        value = value * 8 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

bool sumHolds(std::string_view block) noexcept {
    const auto stated = number(block.substr(kChecksumAt, kChecksumBytes));
    if (!stated || *stated == 0) return false;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
        const bool isChecksum = i >= kChecksumAt && i < kChecksumAt + kChecksumBytes;
        sum += isChecksum ? ' ' : static_cast<unsigned char>(block[i]);
    }
    return sum == *stated;
}

std::string_view untilNul(std::string_view field) noexcept {
    return field.substr(0, field.find('\0'));
}

}  // namespace

std::optional<TarHeader> TarHeader::parse(std::span<const std::byte> bytes) {
    if (bytes.size() < kBlock) return std::nullopt;
    const std::string_view block = asText(bytes.first(kBlock));
    const auto size = number(block.substr(124, 12));
    if (!size || !sumHolds(block)) return std::nullopt;
    TarHeader header;
    header.bytes = *size;
    header.type = block[156];
    const auto prefix =
        block.substr(257, 6) == std::string_view("ustar\0", 6) ? untilNul(block.substr(345, 155)) : std::string_view();
    header.name = prefix.empty() ? std::string() : std::string(prefix) + '/';
    header.name += untilNul(block.substr(0, 100));
    return header;
}

bool TarHeader::checksumHolds(std::span<const std::byte> bytes) noexcept {
    return bytes.size() >= kBlock && sumHolds(asText(bytes.first(kBlock)));
}

}  // namespace plimsoll
