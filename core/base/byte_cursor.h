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

#include "base/result.h"

namespace plimsoll {

static_assert(std::endian::native == std::endian::little, "file bytes are read as little-endian without swapping");

// The bytes as text, no copy; valid as long as the bytes are.
[[nodiscard]] inline std::string_view asText(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Text as bytes, no copy.
[[nodiscard]] inline std::span<const std::byte> asBytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// The only way parsers touch file bytes: every read is checked against what is left, every error knows its offset.
class ByteCursor {
public:
    // startOffset: offset of bytes[0] in the file, so that errors name file offsets.
    explicit ByteCursor(std::span<const std::byte> bytes, std::uint64_t startOffset = 0) noexcept
        : rest_(bytes), at_(startOffset) {}

    [[nodiscard]] std::uint64_t offset() const noexcept { return at_; }
    [[nodiscard]] std::uint64_t remaining() const noexcept { return rest_.size(); }
    [[nodiscard]] bool atEnd() const noexcept { return rest_.empty(); }

    // The next n bytes, without copying. Truncated if fewer are left.
    [[nodiscard]] Result<std::span<const std::byte>> take(std::uint64_t n) {
        if (n > rest_.size())
            return fail(Errc::Truncated,
                        "needs " + std::to_string(n) + " bytes, " + std::to_string(rest_.size()) + " are left", at_);
        const auto head = rest_.first(static_cast<std::size_t>(n));
        rest_ = rest_.subspan(static_cast<std::size_t>(n));
        at_ += n;
        return head;
    }

    [[nodiscard]] Result<void> skip(std::uint64_t n) {
        return take(n).map([](auto) {});
    }

    // A little-endian number of sizeof(T) bytes, any alignment.
    template <class T>
    requires std::integral<T> || std::floating_point<T>
    [[nodiscard]] Result<T> read() {
        TRY(const auto bytes, take(sizeof(T)));
        T value{};
        std::memcpy(&value, bytes.data(), sizeof(T));
        return value;
    }

    // The text up to (not including) the next '\n', which is consumed. Truncated if there is none.
    [[nodiscard]] Result<std::string_view> takeLine() {
        const auto* newline =
            rest_.empty() ? nullptr : static_cast<const std::byte*>(std::memchr(rest_.data(), '\n', rest_.size()));
        if (newline == nullptr) return fail(Errc::Truncated, "needs a line, no line end is left", at_);
        TRY(const auto line, take(static_cast<std::uint64_t>(newline - rest_.data())));
        rest_ = rest_.subspan(1);
        at_ += 1;
        return asText(line);
    }

private:
    std::span<const std::byte> rest_;
    std::uint64_t at_;
};

}  // namespace plimsoll
