// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "checkpoint/words.h"
#include "output.h"

namespace plimsoll::cli {

// The first character of a text that may not be UTF-8.
struct Utf8Unit {
    enum class Kind : std::uint8_t {
        Character,  // a Unicode scalar value in its shortest form
        Surrogate,  // D800..DFFF in three bytes, as Python's surrogatepass writes them
        BadByte,    // one byte that starts nothing; codePoint is 0xDC00 + byte
    };
    Kind kind = Kind::BadByte;
    char32_t codePoint = 0;
    std::uint8_t length = 1;  // bytes
};

// `text` is not empty.
[[nodiscard]] Utf8Unit decodeUtf8(std::string_view text) noexcept;

// The text with control characters as \n, \t, \xNN, so that one line stays one line and a name cannot steer the
// terminal. What is no UTF-8 is kept.
[[nodiscard]] std::string withoutControls(std::string_view text);

// The text as a table shows it: control characters, surrogates and bytes that are no UTF-8 as escapes.
[[nodiscard]] std::string printable(std::string_view text);

// Characters of a printable text; wide ones count as one.
[[nodiscard]] std::size_t columnsOf(std::string_view text) noexcept;

// "3x224x224", "scalar" for no dimensions.
[[nodiscard]] std::string shapeText(std::span<const std::uint64_t> shape);

// "0.18 s", "2 min 05 s".
[[nodiscard]] std::string durationText(double seconds);

struct Column {
    std::string_view title;
    bool alignRight = false;
};

// Prints rows under their titles, columns two spaces apart, without holding the cells: `cell` is asked twice for each.
// Columns that are empty in every row are left out.
void printTable(Output& out, std::span<const Column> columns, std::size_t rows,
                const std::function<std::string(std::size_t row, std::size_t column)>& cell);

}  // namespace plimsoll::cli
