// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/words.h"

#include <algorithm>

#include <fmt/format.h>

namespace plimsoll {

std::string inQuotes(std::string_view name) {
    constexpr std::size_t kShown = 120;
    std::size_t shown = std::min(name.size(), kShown);
    // Not in the middle of a UTF-8 sequence.
    while (shown < name.size() && shown > 0 && (static_cast<unsigned char>(name[shown]) & 0xC0U) == 0x80U) --shown;
    std::string text = "'";
    for (const char c : name.substr(0, shown)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F)
            text += fmt::format("\\x{:02x}", byte);
        else
            text += c;
    }
    if (shown < name.size()) text += "...";
    text += '\'';
    return text;
}

std::string countText(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace plimsoll
