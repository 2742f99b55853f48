// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/finding.h"

#include <fmt/format.h>

namespace plimsoll {

std::string_view severityName(Severity severity) noexcept {
    switch (severity) {
        case Severity::Note:
            return "note";
        case Severity::Warning:
            return "warning";
        case Severity::Error:
            return "error";
    }
    return "warning";
}

std::string placeText(const Place& place) {
    const bool hasOffset = place.offset != kNoOffset;
    if (place.member.empty()) return hasOffset ? fmt::format("at byte {}", place.offset) : std::string();
    if (!hasOffset) return place.member;
    return place.unpacked ? fmt::format("at byte {} of {}, unpacked", place.offset, place.member)
                          : fmt::format("{} at byte {}", place.member, place.offset);
}

}  // namespace plimsoll
