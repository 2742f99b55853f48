// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plimsoll {

// The text forms inside a pickle, as Python reads them.

// True where the bytes are UTF-8, lone surrogates allowed (Python's surrogatepass).
[[nodiscard]] bool isPickleUtf8(std::string_view text) noexcept;

// One code point as UTF-8; surrogates as three bytes.
void appendUtf8(std::string& out, std::uint32_t codePoint);

// Takes the first code point of `text` off it. Nothing where it does not start with UTF-8 (surrogatepass).
[[nodiscard]] std::optional<std::uint32_t> takeUtf8(std::string_view& text) noexcept;

// UNICODE's argument (raw-unicode-escape) as UTF-8. Nothing for a broken escape.
[[nodiscard]] std::optional<std::string> decodeRawUnicode(std::string_view line);

// STRING's argument without its quotes; nothing where it is not quoted.
[[nodiscard]] std::optional<std::string_view> unquote(std::string_view line) noexcept;

// The bytes that a Python 2 string literal's inside means. Nothing for a broken escape.
[[nodiscard]] std::optional<std::string> decodeStringEscapes(std::string_view literal);

// Text with the spaces that Python's int() and float() ignore taken off both ends.
[[nodiscard]] std::string_view trimSpaces(std::string_view text) noexcept;

// A decimal number that fits 64 bits, with sign. Nothing for anything else, larger ones included.
[[nodiscard]] std::optional<std::int64_t> parseDecimal(std::string_view text) noexcept;

// A decimal number of any size as two's complement, little-endian, shortest. Nothing where it is no number or has more
// than kMaxDecimalDigits digits (Python's own limit).
[[nodiscard]] std::optional<std::string> parseBigDecimal(std::string_view text);
inline constexpr std::size_t kMaxDecimalDigits = 4300;

// Two's complement, little-endian, of any length, as a decimal number; nothing above kMaxDecimalDigits digits.
[[nodiscard]] std::optional<std::string> formatBigDecimal(std::string_view twosComplement);

// The value where those bytes (two's complement, little-endian) fit 64 bits.
[[nodiscard]] std::optional<std::int64_t> smallInteger(std::string_view twosComplement) noexcept;

}  // namespace plimsoll
