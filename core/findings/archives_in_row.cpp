// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/archives_in_row.h"

#include <string_view>

#include "base/byte_cursor.h"
#include "zip/zip_reader.h"
#include "zip/zip_records.h"

namespace plimsoll {

std::vector<ByteSpan> archivesInRow(std::span<const std::byte> bytes, const std::stop_token& stop) {
    constexpr std::string_view kEndMark("PK\x05\x06", 4);
    constexpr std::string_view kLocalMark("PK\x03\x04", 4);
    const std::string_view text = asText(bytes);
    std::vector<ByteSpan> row;
    std::size_t start = 0;
    for (std::size_t at = text.find(kEndMark); at != std::string_view::npos && !stop.stop_requested();
         at = text.find(kEndMark, at + kEndMark.size())) {
        const std::size_t end = at + zip_records::kEndBytes;  // torch writes no comment
        if (end > text.size() || (end < text.size() && !text.substr(end).starts_with(kLocalMark))) continue;
        if (!ZipReader::open(bytes.subspan(start, end - start))) continue;
        row.push_back({start, end - start});
        start = end;
    }
    if (start != text.size()) row.clear();
    return row;
}

}  // namespace plimsoll
