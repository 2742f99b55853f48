// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "findings/finding.h"
#include "pickle/scanner.h"

namespace plimsoll {

// From harmless to harmful. Clean only where everything was looked at and every name is on the allow-list; dangerous
// only for what a pickle imports: a flaw of structure alone proves no harm.
enum class ScanVerdict : std::uint8_t { Clean, Incomplete, Suspicious, Dangerous };

// "clean", "incomplete", "suspicious", "dangerous".
[[nodiscard]] std::string_view scanVerdictName(ScanVerdict verdict) noexcept;

// A name that a pickle wants imported, once per pickle that names it. `global.reason` says why in words.
struct ScannedGlobal {
    GlobalRef global;
    Place place;  // of the opcode that names it first
};

// What was not looked into. Never counts as passed.
struct Skipped {
    Place place;
    std::string reason;
};

// What a scan of one file told. Nothing in it was executed.
struct ScannedFile {
    std::string path;          // as opened
    std::string relativePath;  // to the directory that was asked for
    std::uint64_t bytes = 0;
    std::string content;        // "a PyTorch zip archive", "safetensors"; empty where nothing knows it
    std::uint64_t pickles = 0;  // that were followed, nested ones included
    std::vector<ScannedGlobal> globals;
    std::vector<Finding> findings;  // about structure; those of globals and of what was skipped are in allFindings()
    std::vector<Skipped> skipped;
    std::optional<Error> unreadable;  // the file could not be read at all (Io, no regular file): nothing else is set

    [[nodiscard]] ScanVerdict verdict() const noexcept;
    // "2 dangerous names, 1 part was not looked into": why the verdict is what it is.
    [[nodiscard]] std::string verdictReason() const;
};

struct ScanReport {
    std::vector<ScannedFile> files;

    [[nodiscard]] ScanVerdict verdict() const noexcept;  // the worst; unreadable files count as Incomplete
    [[nodiscard]] bool anyUnreadable() const noexcept;
};

// Everything about a file as one list: dangerous first, then what was skipped, then the rest. Safe globals give none.
[[nodiscard]] std::vector<Finding> allFindings(const ScannedFile& file);

}  // namespace plimsoll
