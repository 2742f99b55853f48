// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <limits>

#include "base/checked.h"

// Sums of sizes that a hostile inventory names: the largest number stands for everything above it, so that what no
// machine holds never looks small.
namespace plimsoll::saturating {

[[nodiscard]] constexpr std::uint64_t add(std::uint64_t a, std::uint64_t b) {
    return checkedAdd(a, b).value_or(std::numeric_limits<std::uint64_t>::max());
}

// Smallest multiple of `unit` that is >= value.
[[nodiscard]] constexpr std::uint64_t roundUp(std::uint64_t value, std::uint64_t unit) {
    const std::uint64_t rest = value % unit;
    return rest == 0 ? value : add(value, unit - rest);
}

}  // namespace plimsoll::saturating
