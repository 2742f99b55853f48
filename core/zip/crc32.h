// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace plimsoll {

// CRC-32 (zip, gzip polynomial) continued from `crc`; start with 0.
[[nodiscard]] std::uint32_t crc32(std::uint32_t crc, std::span<const std::byte> data) noexcept;

// CRC-32 of A followed by B from the CRC-32 of each and B's length: blocks can be summed in any order. O(log bytesB).
[[nodiscard]] std::uint32_t crc32Combine(std::uint32_t crcA, std::uint32_t crcB, std::uint64_t bytesB) noexcept;

}  // namespace plimsoll
