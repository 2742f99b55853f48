// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace plimsoll {

// One 512-byte header of a tar archive (POSIX ustar, GNU and the older form without a mark).
struct TarHeader {
    static constexpr std::size_t kBlock = 512;

    std::string name;
    std::uint64_t bytes = 0;
    char type = '0';

    // Regular files have content that somebody reads; so have the long names that GNU and pax put before a header.
    [[nodiscard]] bool isFile() const noexcept { return type == '0' || type == '\0' || type == '7'; }

    // Nothing where the block is no header: its checksum is wrong, or its size no number.
    [[nodiscard]] static std::optional<TarHeader> parse(std::span<const std::byte> block);
    [[nodiscard]] static bool checksumHolds(std::span<const std::byte> block) noexcept;
};

}  // namespace plimsoll
