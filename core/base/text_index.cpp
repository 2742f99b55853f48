// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text_index.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <sys/random.h>

#include <xxhash.h>

namespace plimsoll {

TextIndex::TextIndex() : seed_(randomSeed()) {}

std::uint32_t TextIndex::hashOf(std::string_view text) const noexcept {
    return static_cast<std::uint32_t>(XXH3_64bits_withSeed(text.data(), text.size(), seed_));
}

void TextIndex::grow() {
    constexpr std::size_t kFirstSlots = 64;
    const auto old = std::exchange(slots_, {});
    slots_.resize(std::max(kFirstSlots, old.size() * 2));
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& moved : old) {
        if (moved.number == kNone) continue;
        std::size_t at = moved.hash & mask;
        while (slots_[at].number != kNone) at = (at + 1) & mask;
        slots_[at] = moved;
    }
}

std::uint64_t randomSeed() noexcept {
    std::uint64_t seed = 0;
    // Without randomness (never seen on Linux after boot) the clock is still a seed that no file can know.
    if (::getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != static_cast<ssize_t>(sizeof(seed)))
        seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    return seed;
}

}  // namespace plimsoll
