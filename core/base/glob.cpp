// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/glob.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include <fmt/format.h>

namespace plimsoll {

namespace {

// Length of the class that starts at pattern[at] == '[' with its ']', or 0 where it is not closed ('[' is then
// literal).
std::size_t classLength(std::string_view pattern, std::size_t at) noexcept {
    std::size_t i = at + 1;
    if (i < pattern.size() && pattern[i] == '!') ++i;
    if (i < pattern.size() && pattern[i] == ']') ++i;  // a first ']' is a member
    while (i < pattern.size() && pattern[i] != ']') ++i;
    return i < pattern.size() ? i - at + 1 : 0;
}

bool classHolds(std::string_view members, char c) noexcept {
    const bool negated = members.front() == '!';
    if (negated) members.remove_prefix(1);
    const auto code = static_cast<unsigned char>(c);
    bool found = false;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto low = static_cast<unsigned char>(members[i]);
        auto high = low;
        if (i + 2 < members.size() && members[i + 1] == '-') {
            high = static_cast<unsigned char>(members[i + 2]);
            i += 2;
        }
        found = found || (low <= code && code <= high);
    }
    return found != negated;
}

// Length of the one-character pattern element at `at` where it matches c, else 0.
std::size_t matchOne(std::string_view pattern, std::size_t at, char c) noexcept {
    if (at >= pattern.size()) return 0;
    if (pattern[at] == '?') return 1;
    if (pattern[at] == '[') {
        const std::size_t length = classLength(pattern, at);
        if (length != 0) return classHolds(pattern.substr(at + 1, length - 2), c) ? length : 0;
    }
    return pattern[at] == c ? 1 : 0;
}

__extension__ using Wide = unsigned __int128;

constexpr std::string_view kUnitLetters = "KMGTPE";

char asciiUpper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool isDigit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// Bytes of a unit as people write it ("", "B", "k", "MB", "GiB"), 0 where it is none.
std::uint64_t unitBytes(std::string_view unit) noexcept {
    if (unit.empty()) return 1;
    const char letter = asciiUpper(unit.front());
    if (letter == 'B') return unit.size() == 1 ? 1 : 0;
    const std::size_t power = kUnitLetters.find(letter);
    if (power == std::string_view::npos) return 0;
    unit.remove_prefix(1);
    const bool binary = unit.size() == 2 && asciiUpper(unit[0]) == 'I' && asciiUpper(unit[1]) == 'B';
    const bool decimal = unit.empty() || (unit.size() == 1 && asciiUpper(unit[0]) == 'B');
    if (!binary && !decimal) return 0;
    std::uint64_t bytes = 1;
    for (std::size_t i = 0; i <= power; ++i) bytes *= binary ? 1024U : 1000U;
    return bytes;
}

std::string_view takeDigits(std::string_view& text) noexcept {
    std::size_t n = 0;
    while (n < text.size() && isDigit(text[n])) ++n;
    const auto digits = text.substr(0, n);
    text.remove_prefix(n);
    return digits;
}

// floor(0.FRACTION * unit), exact.
std::uint64_t fractionOf(std::string_view fraction, std::uint64_t unit) noexcept {
    // Digits after the 19th are worth less than a byte of any unit.
    fraction = fraction.substr(0, 19);
    Wide scaled = 0;
    Wide scale = 1;
    for (const char digit : fraction) {
        scaled = scaled * 10 + static_cast<unsigned>(digit - '0');
        scale *= 10;
    }
    return static_cast<std::uint64_t>(scaled * unit / scale);
}

}  // namespace

bool globMatches(std::string_view pattern, std::string_view text) noexcept {
    std::size_t p = 0;
    std::size_t t = 0;
    // The last star met: only it needs to be retried, an earlier one cannot do better.
    std::size_t starPattern = std::string_view::npos;
    std::size_t starText = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            starPattern = ++p;
            starText = t;
        } else if (const std::size_t length = matchOne(pattern, p, text[t]); length != 0) {
            p += length;
            ++t;
        } else if (starPattern != std::string_view::npos) {
            p = starPattern;
            t = ++starText;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

Result<std::uint64_t> parseByteSize(std::string_view text) {
    const std::string asked(text);
    const auto bad = [&asked](std::string_view why) {
        return fail(Errc::Usage, fmt::format("'{}' {} (expected a size such as 64MiB, 5GB or 123)", asked, why));
    };
    const auto whole = takeDigits(text);
    std::string_view fraction;
    if (whole.empty()) return bad("is not a size");
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        fraction = takeDigits(text);
        if (fraction.empty()) return bad("is not a size");
    }
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    const std::uint64_t unit = unitBytes(text);
    if (unit == 0) return bad("has an unknown unit");
    if (unit == 1 && !fraction.empty()) return bad("is not a whole number of bytes");

    std::uint64_t bytes = 0;
    bool overflows = false;
    for (const char digit : whole) {
        overflows = overflows || __builtin_mul_overflow(bytes, 10U, &bytes) ||
                    __builtin_add_overflow(bytes, static_cast<unsigned>(digit - '0'), &bytes);
    }
    overflows = overflows || __builtin_mul_overflow(bytes, unit, &bytes) ||
                __builtin_add_overflow(bytes, fractionOf(fraction, unit), &bytes);
    if (overflows) return bad("does not fit 64 bits");
    return bytes;
}

std::string formatByteSize(std::uint64_t bytes) {
    if (bytes < 1024) return fmt::format("{} B", bytes);
    // In 64 bits of mantissa, so that no count of bytes is rounded before it is divided.
    auto value = static_cast<long double>(bytes);
    std::size_t unit = 0;
    value /= 1024;
    while (value >= 1023.5L && unit + 1 < kUnitLetters.size()) {
        value /= 1024;
        ++unit;
    }
    const int decimals = value < 9.995L ? 2 : value < 99.95L ? 1 : 0;
    return fmt::format("{:.{}f} {}iB", static_cast<double>(value), decimals, kUnitLetters[unit]);
}

}  // namespace plimsoll
