// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace plimsoll {

// True for http:// and https:// addresses.
[[nodiscard]] bool isAddress(std::string_view path) noexcept;

// The address as it may be shown: without user, password and fragment.
[[nodiscard]] std::string withoutCredentials(std::string_view address);

// The last segment of its path, percent-decoded; the host where the path ends in a slash.
[[nodiscard]] std::string fileNameOfAddress(std::string_view address);

// The address of a file in the same directory. The name is one segment, whatever is in it; the query stays behind.
[[nodiscard]] std::string addressBeside(std::string_view address, std::string_view fileName);

}  // namespace plimsoll
