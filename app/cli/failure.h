// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "base/result.h"

namespace plimsoll::cli {

// Exit statuses, as CLI.md has them.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitFindings = 3;
inline constexpr int kExitCancelled = 130;

[[nodiscard]] int statusOf(Errc code) noexcept;

// Prints "plimsoll: PATH: at byte OFFSET: WHAT" as one line on stderr and gives the exit status that goes with it.
//   path  named where the error names no file of its own
int report(const Error& error, std::string_view path);

// The same where the command line was right: Errc::Usage (a DST that exists) is a failure then.
int reportFailure(const Error& error, std::string_view path);

// The same for a wrong command line: "plimsoll: WHAT".
int reportUsage(std::string_view what);

}  // namespace plimsoll::cli
