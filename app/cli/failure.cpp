// SPDX-License-Identifier: GPL-3.0-or-later
#include "failure.h"

#include <cstdio>
#include <string>

#include "text.h"

namespace plimsoll::cli {

namespace {

void printLine(std::string_view text) {
    const std::string line = "plimsoll: " + withoutControls(text) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

int statusOf(Errc code) noexcept {
    switch (code) {
        case Errc::Cancelled:
            return kExitCancelled;
        case Errc::Usage:
            return kExitUsage;
        default:
            return kExitFailed;
    }
}

int report(const Error& error, std::string_view path) {
    printLine(describe(error, path));
    return statusOf(error.code);
}

int reportFailure(const Error& error, std::string_view path) {
    const int status = report(error, path);
    return status == kExitUsage ? kExitFailed : status;
}

int reportUsage(std::string_view what) {
    printLine(what);
    return kExitUsage;
}

}  // namespace plimsoll::cli
