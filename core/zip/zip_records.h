// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

// The records of a zip archive as PKWARE's APPNOTE 6.3.10 numbers them; shared by reading and laying out.
namespace plimsoll::zip_records {

inline constexpr std::uint32_t kLocalSignature = 0x04034b50;      // 4.3.7
inline constexpr std::uint32_t kDirectorySignature = 0x02014b50;  // 4.3.12
inline constexpr std::uint32_t kEnd64Signature = 0x06064b50;      // 4.3.14
inline constexpr std::uint32_t kLocatorSignature = 0x07064b50;    // 4.3.15
inline constexpr std::uint32_t kEndSignature = 0x06054b50;        // 4.3.16

// Sizes of their fixed parts.
inline constexpr std::size_t kLocalBytes = 30;
inline constexpr std::size_t kDirectoryBytes = 46;
inline constexpr std::size_t kEnd64Bytes = 56;
inline constexpr std::size_t kLocatorBytes = 20;
inline constexpr std::size_t kEndBytes = 22;

inline constexpr std::uint32_t kMax16 = 0xffff;      // "see zip64" in a 16-bit field
inline constexpr std::uint32_t kMax32 = 0xffffffff;  // "see zip64" in a 32-bit field

// General purpose flags, 4.4.4.
inline constexpr std::uint16_t kFlagDescriptor = 0x0008;
inline constexpr std::uint16_t kFlagUtf8 = 0x0800;
// Encrypted, patched, strongly encrypted, header values masked: bytes that nobody reads as they stand.
inline constexpr std::uint16_t kFlagsUnreadable = 0x0001 | 0x0020 | 0x0040 | 0x2000;

inline constexpr std::uint16_t kStored = 0;
inline constexpr std::uint16_t kDeflated = 8;

// Extra fields: zip64 sizes, and the padding that torch aligns data with ("FB").
inline constexpr std::uint16_t kExtraZip64 = 0x0001;
inline constexpr std::uint16_t kExtraPadding = 0x4246;
inline constexpr std::size_t kExtraHeaderBytes = 4;

inline constexpr std::uint64_t kTorchAlignment = 64;

// The little-endian field at byte At of a record whose size is known; bounds are checked when this compiles.
template <std::unsigned_integral T, std::size_t At, std::size_t N>
[[nodiscard]] T field(std::span<const std::byte, N> record) noexcept {
    static_assert(N != std::dynamic_extent && At + sizeof(T) <= N);
    T value{};
    std::memcpy(&value, record.data() + At, sizeof(T));
    return value;
}

// Bytes of the zip64 extra field, header included, that torch's writer puts into a local header: its miniz states
// the sizes where the data needs it and the header's own offset where that needs it.
[[nodiscard]] constexpr std::uint64_t torchZip64ExtraBytes(std::uint64_t headerOffset, std::uint64_t bytes) noexcept {
    const std::uint64_t fields = (bytes >= kMax32 ? 16U : 0U) + (headerOffset >= kMax32 ? 8U : 0U);
    return fields == 0 ? 0 : fields + kExtraHeaderBytes;
}

// Where torch's writer puts the data of a member: after the header, the name, a zip64 field where needed and a padding
// field of at least its own header, at the next multiple of `alignment` (not 0). Wraps only for offsets near 2^64.
[[nodiscard]] constexpr std::uint64_t torchDataOffset(std::uint64_t headerOffset, std::uint64_t nameBytes,
                                                      std::uint64_t bytes, std::uint64_t alignment) noexcept {
    const std::uint64_t start =
        headerOffset + kLocalBytes + nameBytes + torchZip64ExtraBytes(headerOffset, bytes) + kExtraHeaderBytes;
    if (std::has_single_bit(alignment)) return (start + alignment - 1) & ~(alignment - 1);
    return (start + alignment - 1) / alignment * alignment;
}

// A member's name for an error text: quoted, cut to a readable length, unprintable bytes as \xNN.
[[nodiscard]] std::string quotedName(std::string_view name);

}  // namespace plimsoll::zip_records
