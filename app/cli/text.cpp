// SPDX-License-Identifier: GPL-3.0-or-later
#include "text.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>

namespace plimsoll::cli {

namespace {

bool isControl(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

std::string escaped(std::string_view text, bool escapeBadBytes) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Utf8Unit unit = decodeUtf8(text);
        const bool bad = unit.kind != Utf8Unit::Kind::Character;
        if (unit.codePoint == '\n') {
            out += "\\n";
        } else if (unit.codePoint == '\t') {
            out += "\\t";
        } else if (isControl(unit.codePoint) || (bad && escapeBadBytes)) {
            for (const char byte : text.substr(0, unit.length))
                fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(byte));
        } else {
            out += text.substr(0, unit.length);
        }
        text.remove_prefix(unit.length);
    }
    return out;
}

}  // namespace

Utf8Unit decodeUtf8(std::string_view text) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = at(0);
    const Utf8Unit bad{Utf8Unit::Kind::BadByte, static_cast<char32_t>(0xDC00U + lead), 1};
    if (lead < 0x80) return {Utf8Unit::Kind::Character, lead, 1};
    if (lead < 0xC2 || lead > 0xF4) return bad;
    const std::uint8_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (text.size() < length) return bad;
    char32_t code = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xC0U) != 0x80U) return bad;
        code = (code << 6U) | (at(i) & 0x3FU);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10FFFF) return bad;
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return {surrogate ? Utf8Unit::Kind::Surrogate : Utf8Unit::Kind::Character, code, length};
}

std::string withoutControls(std::string_view text) {
    return escaped(text, false);
}

std::string printable(std::string_view text) {
    return escaped(text, true);
}

std::size_t columnsOf(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string shapeText(std::span<const std::uint64_t> shape) {
    return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, "x"));
}

std::string durationText(double seconds) {
    if (seconds < 120) return fmt::format("{:.2f} s", seconds);
    const auto whole = static_cast<std::uint64_t>(seconds);
    return fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

void printTable(Output& out, std::span<const Column> columns, std::size_t rows,
                const std::function<std::string(std::size_t row, std::size_t column)>& cell) {
    std::vector<std::size_t> widths(columns.size(), 0);
    std::size_t last = 0;
    for (std::size_t c = 0; c < columns.size(); ++c) {
        for (std::size_t r = 0; r < rows; ++r) widths[c] = std::max(widths[c], columnsOf(cell(r, c)));
        if (widths[c] == 0) continue;
        widths[c] = std::max(widths[c], columns[c].title.size());
        last = c;
    }
    const auto line = [&](const auto& textOf) {
        for (std::size_t c = 0; c < columns.size(); ++c) {
            if (widths[c] == 0) continue;
            const std::string text = textOf(c);
            const std::size_t padding = widths[c] - columnsOf(text);
            if (columns[c].alignRight) out.spaces(padding);
            out << text;
            if (c == last) break;
            out.spaces(columns[c].alignRight ? 2 : padding + 2);
        }
        out << "\n";
    };
    line([&](std::size_t c) { return std::string(columns[c].title); });
    for (std::size_t r = 0; r < rows; ++r) line([&](std::size_t c) { return cell(r, c); });
}

}  // namespace plimsoll::cli
