// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "output.h"

namespace plimsoll::cli {

// `text` as a JSON string with its quotes, appended to `out`. Surrogates in UTF-8 form become \udXXX; a byte that is no
// UTF-8 becomes \udcXX, as Python's surrogateescape reads it.
void appendJsonString(std::string& out, std::string_view text);

// A byte of text takes so many at most there, and the quotes.
inline constexpr std::size_t kJsonBytesOfByte = 6;

// How many bytes from its start on stand in a JSON string as they are.
[[nodiscard]] std::size_t plainJsonBytes(std::string_view text) noexcept;

// Writes one JSON document as a stream: nothing is held, commas are set by themselves. The caller keeps begin/end and
// key/value in balance.
class JsonWriter {
public:
    explicit JsonWriter(Output& out) : out_(out) {}

    void beginObject() { open('{'); }
    void endObject() { close('}'); }
    void beginArray() { open('['); }
    void endArray() { close(']'); }
    void key(std::string_view name);
    void lineBreak() { text_ += '\n'; }
    // Hands everything written so far to the output.
    void flush();

    void string(std::string_view value);
    void boolean(bool value) { raw(value ? "true" : "false"); }
    void null() { raw("null"); }
    void integer(std::int64_t value);
    void integer(std::uint64_t value);
    // The shortest text that reads back as this value; "nan", "inf", "-inf" as strings, for which JSON has no number.
    void real(double value);
    // Text that is JSON already.
    void raw(std::string_view json);

    void field(std::string_view name, std::string_view value) { key(name), string(value); }
    void field(std::string_view name, const char* value) { key(name), string(value); }
    void field(std::string_view name, double value) { key(name), real(value); }
    template <std::same_as<bool> T>
    void field(std::string_view name, T value) {
        key(name), boolean(value);
    }
    void field(std::string_view name, std::uint64_t value) { key(name), integer(value); }

    using Value = std::variant<std::string_view, double, std::uint64_t, bool>;
    void fields(std::initializer_list<std::pair<std::string_view, Value>> members);

private:
    static constexpr std::size_t kBlockBytes = 4096;

    void open(char bracket);
    void close(char bracket);
    void separate();
    void emit() {
        if (text_.size() >= kBlockBytes) flush();
    }

    Output& out_;
    std::string text_;  // not yet handed to out_
    bool comma_ = false;
};

}  // namespace plimsoll::cli
