// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

// Writes archives as tests want them, right or wrong, and says where each record went.
class ZipBuilder {
public:
    struct Member {
        std::string name = {};
        std::string packed = {};                  // the bytes between header and next record
        std::optional<std::string> content = {};  // where it differs from `packed`: what it unpacks to
        std::uint16_t method = 0;
        std::uint16_t flags = 0;
        std::string localExtra = {};
        std::string directoryExtra = {};
        std::string directoryComment = {};
        std::string descriptor = {};
        std::uint16_t madeBy = 0;
        std::uint32_t externalAttributes = 0;
        bool wideSizes = false;                 // "see zip64" in place of both sizes; the test gives the extra fields
        std::optional<std::uint32_t> crc = {};  // else computed by bits, independent of the code under test
    };

    struct Built {
        std::vector<std::byte> bytes;
        std::vector<std::size_t> local;      // offset of each local header
        std::vector<std::size_t> directory;  // offset of each directory entry
        std::optional<std::size_t> end64;
        std::optional<std::size_t> locator;
        std::size_t end = 0;
    };

    std::vector<Member> members;
    bool zip64End = false;
    std::string end64Extension;
    std::string comment;

    [[nodiscard]] Built build() const {
        Built built;
        for (const auto& member : members) {
            built.local.push_back(built.bytes.size());
            put(built, 0x04034b50U);
            putCommon(built, member, false);
            append(built, member.name + member.localExtra + member.packed + member.descriptor);
        }
        const std::size_t directoryOffset = built.bytes.size();
        for (std::size_t i = 0; i < members.size(); ++i) putDirectoryEntry(built, i);
        putEnd(built, directoryOffset);
        return built;
    }

    // Little-endian number at `at`.
    template <std::unsigned_integral T>
    static T peek(const std::vector<std::byte>& bytes, std::size_t at) {
        T value{};
        std::memcpy(&value, &bytes.at(at + sizeof(T) - 1) - (sizeof(T) - 1), sizeof(T));
        return value;
    }
    template <std::unsigned_integral T>
    static void poke(std::vector<std::byte>& bytes, std::size_t at, T value) {
        std::memcpy(&bytes.at(at + sizeof(T) - 1) - (sizeof(T) - 1), &value, sizeof(T));
    }

    static std::uint32_t crcByBits(std::span<const std::byte> data) {
        std::uint32_t crc = ~0U;
        for (const std::byte b : data) {
            crc ^= static_cast<std::uint32_t>(b);
            for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xedb88320U : crc >> 1;
        }
        return ~crc;
    }

private:
    template <std::unsigned_integral T>
    static void put(Built& built, T value) {
        for (std::size_t i = 0; i < sizeof(T); ++i) built.bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
    static void append(Built& built, const std::string& text) {
        const auto bytes = std::as_bytes(std::span(text));
        built.bytes.insert(built.bytes.end(), bytes.begin(), bytes.end());
    }

    static void putCommon(Built& built, const Member& member, bool inDirectory) {
        const std::string& content = member.content ? *member.content : member.packed;
        const bool sums = inDirectory || member.descriptor.empty();
        const std::uint32_t crc = member.crc ? *member.crc : crcByBits(std::as_bytes(std::span(content)));
        put(built, std::uint16_t{20});
        put(built, member.flags);
        put(built, member.method);
        put(built, std::uint32_t{0x5a210000});  // a date of 2025
        put(built, sums ? crc : 0U);
        const auto sizeField = [&](std::size_t size) {
            if (member.wideSizes) return 0xffffffffU;
            return sums ? static_cast<std::uint32_t>(size) : 0U;
        };
        put(built, sizeField(member.packed.size()));
        put(built, sizeField(content.size()));
        put(built, static_cast<std::uint16_t>(member.name.size()));
        const std::string& extra = inDirectory ? member.directoryExtra : member.localExtra;
        put(built, static_cast<std::uint16_t>(extra.size()));
    }

    void putDirectoryEntry(Built& built, std::size_t i) const {
        const Member& member = members[i];
        built.directory.push_back(built.bytes.size());
        put(built, 0x02014b50U);
        put(built, member.madeBy);
        putCommon(built, member, true);
        put(built, static_cast<std::uint16_t>(member.directoryComment.size()));
        put(built, std::uint16_t{0});  // part
        put(built, std::uint16_t{0});  // internal attributes
        put(built, member.externalAttributes);
        put(built, static_cast<std::uint32_t>(built.local[i]));
        append(built, member.name + member.directoryExtra + member.directoryComment);
    }

    void putEnd(Built& built, std::size_t directoryOffset) const {
        const std::size_t directoryBytes = built.bytes.size() - directoryOffset;
        if (zip64End) {
            built.end64 = built.bytes.size();
            put(built, 0x06064b50U);
            put(built, std::uint64_t{44 + end64Extension.size()});
            put(built, std::uint32_t{0x002d002d});
            put(built, std::uint64_t{0});  // parts
            put(built, std::uint64_t{members.size()});
            put(built, std::uint64_t{members.size()});
            put(built, std::uint64_t{directoryBytes});
            put(built, std::uint64_t{directoryOffset});
            append(built, end64Extension);
            built.locator = built.bytes.size();
            put(built, 0x07064b50U);
            put(built, std::uint32_t{0});
            put(built, std::uint64_t{*built.end64});
            put(built, std::uint32_t{1});
        }
        built.end = built.bytes.size();
        put(built, 0x06054b50U);
        put(built, std::uint32_t{0});  // parts
        put(built, zip64End ? std::uint16_t{0xffff} : static_cast<std::uint16_t>(members.size()));
        put(built, zip64End ? std::uint16_t{0xffff} : static_cast<std::uint16_t>(members.size()));
        put(built, zip64End ? 0xffffffffU : static_cast<std::uint32_t>(directoryBytes));
        put(built, zip64End ? 0xffffffffU : static_cast<std::uint32_t>(directoryOffset));
        put(built, static_cast<std::uint16_t>(comment.size()));
        append(built, comment);
    }
};
