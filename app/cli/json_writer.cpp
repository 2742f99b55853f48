// SPDX-License-Identifier: GPL-3.0-or-later
#include "json_writer.h"

#include <cmath>
#include <cstring>
#include <iterator>

#include <fmt/format.h>

#include "text.h"

namespace plimsoll::cli {

namespace {

void appendEscapedCharacter(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    }
}

bool isPlain(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x80 && c != '"' && c != '\\';
}

// Eight characters at once. A character after one that is not plain may count as not plain itself: whoever asks looks
// at them one by one then.
bool arePlain(std::uint64_t eight) {
    constexpr std::uint64_t kEach = 0x0101010101010101;
    constexpr std::uint64_t kHighBits = kEach * 0x80;
    const std::uint64_t quote = eight ^ (kEach * '"');
    const std::uint64_t backslash = eight ^ (kEach * '\\');
    const std::uint64_t odd = eight | (eight - kEach * 0x20) | (quote - kEach) | (backslash - kEach);
    return (odd & kHighBits) == 0;
}

}  // namespace

std::size_t plainJsonBytes(std::string_view text) noexcept {
    std::size_t plain = 0;
    for (std::uint64_t eight = 0; text.size() - plain >= sizeof(eight); plain += sizeof(eight)) {
        std::memcpy(&eight, &text[plain], sizeof(eight));
        if (!arePlain(eight)) break;
    }
    while (plain < text.size() && isPlain(text[plain])) ++plain;
    return plain;
}

void appendJsonString(std::string& out, std::string_view text) {
    out += '"';
    std::size_t i = 0;
    while (i < text.size()) {
        const std::size_t plain = plainJsonBytes(text.substr(i));
        out.append(text, i, plain);
        i += plain;
        if (i == text.size()) break;
        if (static_cast<unsigned char>(text[i]) < 0x80) {
            appendEscapedCharacter(out, text[i++]);
            continue;
        }
        const Utf8Unit unit = decodeUtf8(text.substr(i));
        if (unit.kind == Utf8Unit::Kind::Character) {
            out.append(text, i, unit.length);
        } else {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(unit.codePoint));
        }
        i += unit.length;
    }
    out += '"';
}

void JsonWriter::separate() {
    if (comma_) text_ += ',';
    comma_ = true;
}

void JsonWriter::flush() {
    out_ << text_;
    text_.clear();
}

void JsonWriter::open(char bracket) {
    separate();
    text_ += bracket;
    comma_ = false;
}

void JsonWriter::close(char bracket) {
    text_ += bracket;
    comma_ = true;
    emit();
}

void JsonWriter::key(std::string_view name) {
    separate();
    appendJsonString(text_, name);
    text_ += ':';
    comma_ = false;
}

void JsonWriter::string(std::string_view value) {
    separate();
    appendJsonString(text_, value);
    emit();
}

void JsonWriter::raw(std::string_view json) {
    separate();
    if (json.size() >= kBlockBytes) {
        flush();
        out_ << json;
        return;
    }
    text_ += json;
    emit();
}

void JsonWriter::integer(std::int64_t value) {
    const fmt::format_int digits(value);
    raw({digits.data(), digits.size()});
}

void JsonWriter::integer(std::uint64_t value) {
    const fmt::format_int digits(value);
    raw({digits.data(), digits.size()});
}

void JsonWriter::real(double value) {
    if (std::isnan(value)) return string("nan");
    if (std::isinf(value)) return string(value < 0 ? "-inf" : "inf");
    raw(fmt::format("{}", value));
}

void JsonWriter::fields(std::initializer_list<std::pair<std::string_view, Value>> members) {
    for (const auto& [name, value] : members)
        std::visit([this, &name = name](const auto& known) { field(name, known); }, value);
}

}  // namespace plimsoll::cli
