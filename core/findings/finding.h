// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll {

// Note: worth knowing, nothing is wrong. Warning: nobody can vouch for it. Error: known to be bad.
enum class Severity : std::uint8_t { Note, Warning, Error };

// "note", "warning", "error": SARIF's levels.
[[nodiscard]] std::string_view severityName(Severity severity) noexcept;

// Where in what was looked at.
struct Place {
    std::string file;                  // relative to the directory of what was asked for
    std::string member;                // "archive/data.pkl", "inner.zip!archive/data.pkl"; empty: the file itself
    std::uint64_t offset = kNoOffset;  // bytes from the file's start; from the member's where `unpacked`
    bool unpacked = false;             // the bytes exist only after inflating or decoding

    friend bool operator==(const Place&, const Place&) = default;
};

// "archive/data.pkl at byte 12", "at byte 12 of archive/data.pkl, unpacked", "" for the whole file.
[[nodiscard]] std::string placeText(const Place& place);

// A kind of finding; rules.h lists them all. Ids are stable: people suppress by them.
struct Rule {
    std::string_view id;  // "pickle.dangerous-global"
    Severity severity;
    std::string_view summary;  // one sentence
};

struct Finding {
    Severity severity = Severity::Note;
    std::string_view rule;  // a Rule's id
    Place place;
    std::string message;

    Finding() = default;
    Finding(const Rule& kind, Place where, std::string what)
        : severity(kind.severity), rule(kind.id), place(std::move(where)), message(std::move(what)) {}
};

}  // namespace plimsoll
