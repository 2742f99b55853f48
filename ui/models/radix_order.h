// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace plimsoll::ui {

// Sorts ids by a 64-bit key each, lowest first, ties in the order they came in. O(n) per byte and a half of key in
// which ids differ; keyOf is called once per id.
void sortStably(std::vector<std::uint32_t>& ids, const std::function<std::uint64_t(std::uint32_t)>& keyOf);

}  // namespace plimsoll::ui
