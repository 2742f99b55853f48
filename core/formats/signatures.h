// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace plimsoll {

enum class SignatureKind : std::uint8_t {
    Zip,
    Deflated,   // gzip or zlib
    Packed,     // by something that is not unpacked here
    Container,  // another program's, which may hold anything
    Model,      // another framework's, without a place for a pickle
    Data,       // no model at all
};

struct Signature {
    SignatureKind kind;
    std::string_view what;  // "a zip archive", "gzip-compressed data"
};

// What a file says that it is with its first bytes, for everything that formats/ has no reader for, and zip archives.
// nullptr where they say nothing known. The only such table: opening and scanning both ask it.
[[nodiscard]] const Signature* signatureOf(std::span<const std::byte> bytes) noexcept;

}  // namespace plimsoll
