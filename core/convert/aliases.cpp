// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/aliases.h"

#include <algorithm>
#include <unordered_map>

namespace plimsoll {

namespace {

bool sameElements(const TensorTable& table, const Selection::Pick& a, const Selection::Pick& b) {
    return table.storageId(a.id) == table.storageId(b.id) && a.to == b.to && table.dtype(a.id) == table.dtype(b.id) &&
           table.storageOffsetElems(a.id) == table.storageOffsetElems(b.id) &&
           table.isConjugate(a.id) == table.isConjugate(b.id) && table.isNegative(a.id) == table.isNegative(b.id) &&
           std::ranges::equal(table.shape(a.id), table.shape(b.id)) &&
           ((table.contiguous(a.id) && table.contiguous(b.id)) ||
            std::ranges::equal(table.stride(a.id), table.stride(b.id)));
}

}  // namespace

Aliases findAliases(const Checkpoint& source, std::span<const Selection::Pick> picks) {
    const auto& table = source.tensors;
    std::vector<std::vector<std::uint32_t>> groups;
    // By a hash of storage and offset: a flat parameter buffer has thousands of views at different offsets.
    std::unordered_map<std::uint64_t, std::vector<std::size_t>> groupsAt;
    for (std::uint32_t i = 0; i < picks.size(); ++i) {
        if (table.nbytes(picks[i].id) == 0) {
            groups.push_back({i});
            continue;
        }
        constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;
        auto& candidates =
            groupsAt[table.storageId(picks[i].id).value * kSpread + table.storageOffsetElems(picks[i].id)];
        const auto same = std::ranges::find_if(
            candidates, [&](std::size_t g) { return sameElements(table, picks[groups[g].front()], picks[i]); });
        if (same != candidates.end()) {
            groups[*same].push_back(i);
            continue;
        }
        candidates.push_back(groups.size());
        groups.push_back({i});
    }
    Aliases aliases;
    for (const auto& group : groups) {
        // Which name stays is the library's choice: the first in alphabetical order.
        const auto kept = *std::ranges::min_element(group, {}, [&](std::uint32_t i) { return picks[i].name; });
        aliases.kept.push_back(kept);
        for (const auto i : group)
            if (i != kept) aliases.others.emplace_back(i, kept);
    }
    std::ranges::sort(aliases.kept);
    return aliases;
}

}  // namespace plimsoll
