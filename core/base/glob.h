// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll {

// fnmatch-like: * any run (dots too), ? one character, [abc] [a-z] [!a] a class. Linear time in both lengths' product,
// no recursion. Case-sensitive.
[[nodiscard]] bool globMatches(std::string_view pattern, std::string_view text) noexcept;

// "64MiB", "5GB", "1M" (M = MB = 10^6), "1.5 gb", "123": bytes, rounded down. Usage where it is none or does not fit.
[[nodiscard]] Result<std::uint64_t> parseByteSize(std::string_view text);

// "6.29 GiB", "48 B", "1.00 KiB": for people, three significant digits ("1023 KiB" has four).
[[nodiscard]] std::string formatByteSize(std::uint64_t bytes);

}  // namespace plimsoll
