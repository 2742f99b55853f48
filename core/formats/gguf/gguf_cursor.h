// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "base/byte_cursor.h"

namespace plimsoll {

// A ByteCursor that knows the file's byte order and GGUF's length-prefixed strings.
class GgufCursor {
public:
    GgufCursor(ByteCursor bytes, bool bigEndian) noexcept : bytes_(bytes), bigEndian_(bigEndian) {}

    [[nodiscard]] std::uint64_t offset() const noexcept { return bytes_.offset(); }
    [[nodiscard]] std::uint64_t remaining() const noexcept { return bytes_.remaining(); }

    template <class T>
    [[nodiscard]] Result<T> read() {
        TRY(const auto value, bytes_.read<T>());
        if (!bigEndian_) return value;
        auto raw = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
        std::ranges::reverse(raw);
        return std::bit_cast<T>(raw);
    }

    // u64 length, then that many bytes.
    [[nodiscard]] Result<std::string_view> text() {
        TRY(const auto length, read<std::uint64_t>());
        TRY(const auto bytes, bytes_.take(length));
        return asText(bytes);
    }

    // A count of things of at least `minBytes` each; Truncated where the rest of the file cannot hold them.
    [[nodiscard]] Result<std::uint64_t> count(std::string_view what, std::uint64_t minBytes) {
        const std::uint64_t at = offset();
        TRY(const auto n, read<std::uint64_t>());
        if (n > remaining() / minBytes) {
            return fail(Errc::Truncated,
                        fmt::format("announces {} {} of at least {} bytes each, {} bytes are left", n, what, minBytes,
                                    remaining()),
                        at);
        }
        return n;
    }

    // Values that should be UTF-8 and are not, to be told once.
    void noteOddText() noexcept { ++oddTexts_; }
    [[nodiscard]] std::uint64_t oddTexts() const noexcept { return oddTexts_; }

private:
    ByteCursor bytes_;
    bool bigEndian_;
    std::uint64_t oddTexts_ = 0;
};

}  // namespace plimsoll
