// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/archives_in_row.h"

#include <algorithm>
#include <string_view>

#include "base/byte_cursor.h"
#include "zip/zip_reader.h"
#include "zip/zip_records.h"

namespace plimsoll {

std::vector<ByteSpan> archivesInRow(std::span<const std::byte> bytes, const std::stop_token& stop) {
    constexpr std::string_view kEndMark("PK\x05\x06", 4);
    constexpr std::string_view kLocalMark("PK\x03\x04", 4);
    constexpr std::size_t kMostPadding = 64;
    const std::string_view text = asText(bytes);
    std::vector<ByteSpan> row;
    std::size_t start = 0;
    for (std::size_t at = text.find(kEndMark); at != std::string_view::npos && !stop.stop_requested();
         at = text.find(kEndMark, at + kEndMark.size())) {
        const std::size_t end = at + zip_records::kEndBytes;  // torch writes no comment
        if (end > text.size()) continue;
        const auto padding = std::min(text.substr(end, kMostPadding + 1).find_first_not_of('\0'), text.size() - end);
        const std::size_t next = end + padding;
        if (padding > kMostPadding || (next < text.size() && !text.substr(next).starts_with(kLocalMark))) continue;
        if (!ZipReader::open(bytes.subspan(start, end - start))) continue;
        row.push_back({start, end - start});
        start = next;
    }
    if (start != text.size()) row.clear();
    return row;
}

}  // namespace plimsoll
