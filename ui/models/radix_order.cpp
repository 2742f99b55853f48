// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/radix_order.h"

#include <algorithm>
#include <array>
#include <utility>

namespace plimsoll::ui {
namespace {

constexpr unsigned kDigitBits = 11;
constexpr std::size_t kDigits = (64 + kDigitBits - 1) / kDigitBits;
constexpr std::size_t kRadix = std::size_t{1} << kDigitBits;
// Below this, clearing the counters would cost more than comparing.
constexpr std::size_t kFew = 2'000;

using Item = std::pair<std::uint64_t, std::uint32_t>;

std::size_t digit(std::uint64_t key, std::size_t place) {
    return static_cast<std::size_t>(key >> (place * kDigitBits)) & (kRadix - 1);
}

// One pass of a least-significant-digit sort.
void deal(const std::vector<Item>& from, std::vector<Item>& to, std::size_t place) {
    std::array<std::uint32_t, kRadix> counts{};
    for (const Item& item : from) ++counts[digit(item.first, place)];
    std::uint32_t start = 0;
    for (std::uint32_t& count : counts) start += std::exchange(count, start);
    for (const Item& item : from) to[counts[digit(item.first, place)]++] = item;
}

}  // namespace

void sortStably(std::vector<std::uint32_t>& ids, const std::function<std::uint64_t(std::uint32_t)>& keyOf) {
    std::vector<Item> items(ids.size());
    std::uint64_t all = ~std::uint64_t{0};
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::uint64_t key = keyOf(ids[i]);
        items[i] = {key, ids[i]};
        all &= key;
        any |= key;
    }
    const std::uint64_t differing = any & ~all;
    if (differing == 0 || std::ranges::is_sorted(items, {}, &Item::first)) return;
    if (items.size() <= kFew) {
        std::ranges::stable_sort(items, {}, &Item::first);
    } else {
        std::vector<Item> dealt(items.size());
        for (std::size_t place = 0; place < kDigits; ++place) {
            if (digit(differing, place) == 0) continue;
            deal(items, dealt, place);
            items.swap(dealt);
        }
    }
    std::ranges::transform(items, ids.begin(), &Item::second);
}

}  // namespace plimsoll::ui
