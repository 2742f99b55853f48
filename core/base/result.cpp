// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/result.h"

#include <system_error>

#include <fmt/format.h>

namespace plimsoll {

std::string describe(const Error& error, std::string_view askedPath) {
    const std::string_view path = error.path.empty() ? askedPath : std::string_view(error.path);
    if (error.offset == kNoOffset) return fmt::format("{}: {}", path, error.what);
    return fmt::format("{}: at byte {}: {}", path, error.offset, error.what);
}

std::string errnoText(int errnoValue) {
    return std::generic_category().message(errnoValue);
}

}  // namespace plimsoll
