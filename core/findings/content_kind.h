// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace plimsoll {

enum class ContentType : std::uint8_t {
    Zip,
    Tar,
    Npy,
    Deflated,  // gzip or zlib, which can be unpacked here
    Packed,    // by something else
    Pickle,    // starts with a protocol number
    Text,      // readable; a pickle of protocol 0 is too
    Data,      // of a kind with no place for a pickle
    Unknown,
};

struct ContentKind {
    ContentType type = ContentType::Unknown;
    std::string_view what;  // "a zip archive", "safetensors"
};

// By the first bytes, not by a name.
[[nodiscard]] ContentKind contentKind(std::span<const std::byte> bytes) noexcept;

// By a member's or file's name: what Python or TorchScript compiles; the bytes of a storage, as torch names them
// (archive/data/7); what people name pickles and checkpoints.
[[nodiscard]] bool isCodeName(std::string_view name) noexcept;
[[nodiscard]] bool isStorageName(std::string_view name) noexcept;
[[nodiscard]] bool hasPickleSuffix(std::string_view name) noexcept;

}  // namespace plimsoll
