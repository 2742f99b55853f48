// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace plimsoll {

// Some Python versions pickle a member of an enumeration as getattr(CLASS, 'NAME'). getattr is dangerous, except where
// a stream uses it for nothing else: then it reads a constant.

[[nodiscard]] bool isGetattr(std::string_view module, std::string_view name) noexcept;

// The number of an enumeration that checkpoints hold members of; nothing for any other name.
[[nodiscard]] std::optional<std::uint32_t> knownEnum(std::string_view module, std::string_view name) noexcept;

// Whether `member` can only be a member of it: no attribute that every class or string has.
[[nodiscard]] bool isEnumMember(std::uint32_t knownEnum, std::string_view member) noexcept;

}  // namespace plimsoll
