// SPDX-License-Identifier: GPL-3.0-or-later
#include "zip/zip_records.h"

#include <fmt/format.h>
#include <simdjson.h>

namespace plimsoll::zip_records {

std::string quotedName(std::string_view name) {
    constexpr std::size_t kLongest = 200;
    std::string_view shown = name.substr(0, kLongest);
    // Not in the middle of a UTF-8 sequence.
    while (shown.size() < name.size() && !shown.empty() &&
           (static_cast<unsigned char>(name[shown.size()]) & 0xc0) == 0x80)
        shown.remove_suffix(1);
    const bool utf8 = simdjson::validate_utf8(shown.data(), shown.size());
    std::string text = "'";
    for (const char c : shown) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8))
            text += fmt::format("\\x{:02x}", byte);
        else
            text += c;
    }
    if (shown.size() < name.size()) text += fmt::format("... ({} bytes)", name.size());
    text += '\'';
    return text;
}

}  // namespace plimsoll::zip_records
