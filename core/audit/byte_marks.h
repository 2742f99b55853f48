// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "audit/view_bytes.h"

namespace plimsoll {

// Counts bytes that views cover, each byte once. Views that are one run each are intervals; others are marked in a
// bitmap, window by window. All calls together share one budget of work, so that a hostile file costs no more.
class ByteMarks {
public:
    // Per view, the bytes that it covers and none before it does. O(n log n) for intervals.
    [[nodiscard]] std::vector<std::uint64_t> measure(std::span<const ViewBytes> views);
    // The bytes of one view.
    [[nodiscard]] std::uint64_t measureOne(const ViewBytes& view);

    // False once the budget was spent: from there on views count from their first to their last byte.
    [[nodiscard]] bool exact() const noexcept { return exact_; }

private:
    static constexpr std::uint64_t kBudget = std::uint64_t{1} << 27U;  // runs and words; about half a second

    [[nodiscard]] std::vector<std::uint64_t> measureMarked(std::span<const ViewBytes> views, std::uint64_t granule);

    std::uint64_t budget_ = kBudget;
    bool exact_ = true;
};

}  // namespace plimsoll
