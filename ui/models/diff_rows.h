// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "checkpoint/filter.h"
#include "compare/diff.h"

namespace plimsoll::ui {

enum class DiffState : std::uint8_t { Changed, OnlyA, OnlyB, Same };
inline constexpr std::size_t kDiffStates = 4;

// What a report says of its tensors, numbered: the pairs, then those that only A has, then those of B.
class DiffEntries {
public:
    explicit DiffEntries(const DiffReport& report) : report_(report) {}

    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] DiffState state(std::size_t entry) const noexcept;
    [[nodiscard]] TensorId a(std::size_t entry) const noexcept;  // invalid where A has none
    [[nodiscard]] TensorId b(std::size_t entry) const noexcept;
    [[nodiscard]] std::string_view name(std::size_t entry) const noexcept;  // A's where there is one
    // What reading told; null where nothing was read.
    [[nodiscard]] const ValueDiff* values(std::size_t entry) const noexcept;
    [[nodiscard]] const TensorPair* pair(std::size_t entry) const noexcept;

private:
    const DiffReport& report_;
};

enum class DiffSort : std::uint8_t { State, Name, A, B, Differing, MaxAbs, MaxRel, Rms };

struct DiffQuery {
    Filter filter;                   // holds for a pair where it holds for one of the two
    std::optional<DiffState> state;  // nothing: all
    DiffSort key = DiffSort::MaxAbs;
    bool descending = true;
};

// The entries that are shown, in order.
struct DiffRows {
    std::shared_ptr<const DiffReport> report;
    std::vector<std::uint32_t> entries;
    std::array<std::uint64_t, kDiffStates> counts{};  // of all that the filter lets through, whatever the state
};

// O(n log n) for n entries; without a report where stopped. What has no distance (other shapes, tensors of one side) is
// larger than any that has one; equals are larger than nothing.
[[nodiscard]] DiffRows buildDiffRows(std::shared_ptr<const DiffReport> report, const DiffQuery& query,
                                     const std::stop_token& stop = {});

}  // namespace plimsoll::ui
