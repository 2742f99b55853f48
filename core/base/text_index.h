// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/big_vector.h"

namespace plimsoll {

// Numbers texts that live elsewhere: an open hash table of 8 bytes a slot, 11 to 22 bytes a text, because a node for
// each of a million texts takes longer than all else that is done with them. The hash is seeded per table, so that a
// file cannot choose texts that collide.
class TextIndex {
public:
    TextIndex();

    // The number of an equal text; else `next`, which this text has from now on. `textOf(number)` gives the text of a
    // number that was given before.
    template <class TextOf>
    std::uint32_t findOrAdd(std::string_view text, std::uint32_t next, TextOf&& textOf) {
        if ((used_ + 1) * 4 > slots_.size() * 3) grow();
        const std::uint32_t hash = hashOf(text);
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = hash & mask;
        while (slots_[at].number != kNone && !(slots_[at].hash == hash && textOf(slots_[at].number) == text))
            at = (at + 1) & mask;
        if (slots_[at].number == kNone) {
            slots_[at] = {next, hash};
            ++used_;
        }
        return slots_[at].number;
    }

private:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    struct Slot {
        std::uint32_t number = kNone;
        std::uint32_t hash = 0;
    };

    [[nodiscard]] std::uint32_t hashOf(std::string_view text) const noexcept;
    void grow();

    BigVector<Slot> slots_;  // a power of two
    std::size_t used_ = 0;
    std::uint64_t seed_ = 0;
};

// A number that no file can know.
[[nodiscard]] std::uint64_t randomSeed() noexcept;

}  // namespace plimsoll
