// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/literals.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

namespace plimsoll {

namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080U;

std::uint8_t byteAt(std::string_view text, std::size_t at) {
    return static_cast<std::uint8_t>(text[at]);
}

// Bytes that a UTF-8 sequence with this first byte has; 0 where none starts so.
std::size_t sequenceLength(std::uint8_t first) {
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first < 0xe0) return 2;
    if (first >= 0xe0 && first < 0xf0) return 3;
    if (first >= 0xf0 && first < 0xf5) return 4;
    return 0;
}

std::optional<unsigned> hexDigit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

// Reads exactly `digits` hex digits off the front.
std::optional<std::uint32_t> takeHex(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const auto digit = hexDigit(text[i]);
        if (!digit) return std::nullopt;
        value = value * 16 + *digit;
    }
    text.remove_prefix(digits);
    return value;
}

// The byte of a one-letter escape; nothing where the letter has no meaning.
std::optional<char> simpleEscape(char letter) {
    switch (letter) {
        case '\\':
        case '\'':
        case '"':
            return letter;
        case 'a':
            return '\a';
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case 'v':
            return '\v';
        default:
            return std::nullopt;
    }
}

// Up to three octal digits; the caller saw that the first is one. Values above 255 wrap, as in Python.
char takeOctal(std::string_view& text) {
    unsigned value = 0;
    for (int i = 0; i < 3 && !text.empty() && text.front() >= '0' && text.front() <= '7'; ++i) {
        value = value * 8 + static_cast<unsigned>(text.front() - '0');
        text.remove_prefix(1);
    }
    return static_cast<char>(value & 0xffU);
}

// Limbs of 32 bits, least significant first.
using Limbs = std::vector<std::uint32_t>;

void multiplyAdd(Limbs& limbs, std::uint32_t factor, std::uint32_t addend) {
    std::uint64_t carry = addend;
    for (auto& limb : limbs) {
        carry += static_cast<std::uint64_t>(limb) * factor;
        limb = static_cast<std::uint32_t>(carry);
        carry >>= 32U;
    }
    if (carry != 0) limbs.push_back(static_cast<std::uint32_t>(carry));
}

std::uint32_t divide(Limbs& limbs, std::uint32_t divisor) {
    std::uint64_t rest = 0;
    for (auto limb = limbs.rbegin(); limb != limbs.rend(); ++limb) {
        rest = (rest << 32U) | *limb;
        *limb = static_cast<std::uint32_t>(rest / divisor);
        rest %= divisor;
    }
    while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
    return static_cast<std::uint32_t>(rest);
}

void negate(std::string& bytes) {
    unsigned carry = 1;
    for (auto& byte : bytes) {
        const unsigned sum = (static_cast<unsigned>(static_cast<std::uint8_t>(byte)) ^ 0xffU) + carry;
        byte = static_cast<char>(sum & 0xffU);
        carry = sum >> 8U;
    }
}

bool negative(std::string_view twosComplement) {
    return !twosComplement.empty() && (byteAt(twosComplement, twosComplement.size() - 1) & 0x80U) != 0;
}

// Drops bytes that only repeat the sign.
void shorten(std::string& bytes) {
    const bool minus = negative(bytes);
    const char filler = minus ? static_cast<char>(0xff) : '\0';
    while (bytes.size() > 1 && bytes.back() == filler &&
           negative(std::string_view(bytes).substr(0, bytes.size() - 1)) == minus)
        bytes.pop_back();
    if (bytes.size() == 1 && bytes.front() == 0) bytes.clear();
}

}  // namespace

void appendUtf8(std::string& out, std::uint32_t codePoint) {
    const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (codePoint < 0x80) {
        put(codePoint);
    } else if (codePoint < 0x800) {
        put(0xc0U | (codePoint >> 6U));
        put(0x80U | (codePoint & 0x3fU));
    } else if (codePoint < 0x10000) {
        put(0xe0U | (codePoint >> 12U));
        put(0x80U | ((codePoint >> 6U) & 0x3fU));
        put(0x80U | (codePoint & 0x3fU));
    } else {
        put(0xf0U | (codePoint >> 18U));
        put(0x80U | ((codePoint >> 12U) & 0x3fU));
        put(0x80U | ((codePoint >> 6U) & 0x3fU));
        put(0x80U | (codePoint & 0x3fU));
    }
}

std::optional<std::uint32_t> takeUtf8(std::string_view& text) noexcept {
    if (text.empty()) return std::nullopt;
    const std::uint8_t first = byteAt(text, 0);
    const std::size_t length = sequenceLength(first);
    if (length == 0 || length > text.size()) return std::nullopt;
    std::uint32_t value = length == 1 ? first : first & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const std::uint8_t next = byteAt(text, i);
        if ((next & 0xc0U) != 0x80U) return std::nullopt;
        value = (value << 6U) | (next & 0x3fU);
    }
    // Longer forms of smaller numbers are not UTF-8; of two bytes there is none, because 0xc0 and 0xc1 do not start
    // one.
    if ((length == 3 && value < 0x800) || (length == 4 && (value < 0x10000 || value > 0x10ffff))) return std::nullopt;
    text.remove_prefix(length);
    return value;
}

bool isPickleUtf8(std::string_view text) noexcept {
    while (!text.empty()) {
        std::uint64_t word = 0;
        if (text.size() >= sizeof(word)) {
            std::memcpy(&word, text.data(), sizeof(word));
            if ((word & kHighBits) == 0) {
                text.remove_prefix(sizeof(word));
                continue;
            }
        }
        if (byteAt(text, 0) < 0x80)
            text.remove_prefix(1);
        else if (!takeUtf8(text))
            return false;
    }
    return true;
}

std::optional<std::string> decodeRawUnicode(std::string_view line) {
    std::string out;
    out.reserve(line.size());
    while (!line.empty()) {
        const char c = line.front();
        line.remove_prefix(1);
        if (c != '\\' || line.empty()) {
            appendUtf8(out, static_cast<std::uint8_t>(c));
            continue;
        }
        const char letter = line.front();
        line.remove_prefix(1);
        if (letter != 'u' && letter != 'U') {
            out.push_back('\\');
            appendUtf8(out, static_cast<std::uint8_t>(letter));
            continue;
        }
        const auto codePoint = takeHex(line, letter == 'u' ? 4 : 8);
        if (!codePoint || *codePoint > 0x10ffff) return std::nullopt;
        appendUtf8(out, *codePoint);
    }
    return out;
}

std::optional<std::string_view> unquote(std::string_view line) noexcept {
    if (line.size() < 2 || line.front() != line.back() || (line.front() != '\'' && line.front() != '"'))
        return std::nullopt;
    return line.substr(1, line.size() - 2);
}

std::optional<std::string> decodeStringEscapes(std::string_view literal) {
    std::string out;
    out.reserve(literal.size());
    while (!literal.empty()) {
        const char c = literal.front();
        literal.remove_prefix(1);
        if (c != '\\') {
            out.push_back(c);
            continue;
        }
        if (literal.empty()) return std::nullopt;
        const char letter = literal.front();
        if (letter >= '0' && letter <= '7') {
            out.push_back(takeOctal(literal));
            continue;
        }
        literal.remove_prefix(1);
        if (letter == 'x') {
            const auto byte = takeHex(literal, 2);
            if (!byte) return std::nullopt;
            out.push_back(static_cast<char>(*byte));
        } else if (const auto byte = simpleEscape(letter)) {
            out.push_back(*byte);
        } else {
            out.push_back('\\');
            out.push_back(letter);
        }
    }
    return out;
}

std::string_view trimSpaces(std::string_view text) noexcept {
    constexpr std::string_view kSpaces = " \t\n\r\f\v";
    const auto first = text.find_first_not_of(kSpaces);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

std::optional<std::int64_t> parseDecimal(std::string_view text) noexcept {
    text = trimSpaces(text);
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::string> parseBigDecimal(std::string_view text) {
    text = trimSpaces(text);
    const bool minus = text.starts_with('-');
    if (minus || text.starts_with('+')) text.remove_prefix(1);
    if (text.empty() || text.size() > kMaxDecimalDigits) return std::nullopt;
    Limbs limbs;
    for (const char digit : text) {
        if (digit < '0' || digit > '9') return std::nullopt;
        multiplyAdd(limbs, 10, static_cast<std::uint32_t>(digit - '0'));
    }
    std::string bytes;
    for (const auto limb : limbs)
        for (unsigned shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>((limb >> shift) & 0xffU));
    bytes.push_back('\0');
    if (minus) negate(bytes);
    shorten(bytes);
    return bytes;
}

std::optional<std::string> formatBigDecimal(std::string_view twosComplement) {
    // log2(10) = 3.32 bits per digit.
    if (twosComplement.size() > kMaxDecimalDigits * 10 / 24) return std::nullopt;
    std::string bytes(twosComplement);
    const bool minus = negative(bytes);
    if (minus) negate(bytes);
    Limbs limbs((bytes.size() + 3) / 4);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        limbs[i / 4] |= static_cast<std::uint32_t>(byteAt(bytes, i)) << (i % 4 * 8);
    std::string digits;
    do {
        std::uint32_t group = divide(limbs, 1'000'000'000);
        for (int i = 0; i < 9; ++i, group /= 10) digits.push_back(static_cast<char>('0' + group % 10));
    } while (!limbs.empty());
    while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
    if (minus) digits.push_back('-');
    std::reverse(digits.begin(), digits.end());
    return digits;
}

std::optional<std::int64_t> smallInteger(std::string_view twosComplement) noexcept {
    const bool minus = negative(twosComplement);
    const char filler = minus ? static_cast<char>(0xff) : '\0';
    while (twosComplement.size() > 8 && twosComplement.back() == filler) twosComplement.remove_suffix(1);
    if (twosComplement.size() > 8 || negative(twosComplement) != minus) return std::nullopt;
    std::uint64_t value = minus ? ~std::uint64_t{0} : 0;
    std::memcpy(&value, twosComplement.data(), twosComplement.size());
    return static_cast<std::int64_t>(value);
}

}  // namespace plimsoll
