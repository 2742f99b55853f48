// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "convert/selection.h"

namespace plimsoll {

// Picks that are the same elements of the same storage, cast the same: all but one are left out. Indices of picks.
struct Aliases {
    std::vector<std::uint32_t> kept;                              // ascending
    std::vector<std::pair<std::uint32_t, std::uint32_t>> others;  // left out, and the kept one that it is
};
[[nodiscard]] Aliases findAliases(const Checkpoint& source, std::span<const Selection::Pick> picks);

}  // namespace plimsoll
