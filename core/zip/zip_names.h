// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/big_vector.h"

namespace plimsoll {

// Name -> index, for names that live elsewhere: an open hash table of 8 bytes a slot, because a node and a string for
// each of 100,000 names would take longer than parsing the directory. The hash is seeded per table, so that a file
// cannot choose names that collide.
class ZipNames {
public:
    // Room for `count` names; forgets what was there.
    void reset(std::size_t count);

    // Adds names[index]; false where an equal name is already there. `nameOf(index)` gives the name of an index.
    template <class NameOf>
    [[nodiscard]] bool insert(std::uint32_t index, NameOf&& nameOf);

    // Index of `name`, or kNone.
    template <class NameOf>
    [[nodiscard]] std::uint32_t find(std::string_view name, NameOf&& nameOf) const;

    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

private:
    struct Slot {
        std::uint32_t index = kNone;
        std::uint32_t tag = 0;  // upper half of the hash: names are compared only where it is equal
    };

    [[nodiscard]] std::uint64_t hash(std::string_view name) const noexcept;
    // Slot that holds `name`, or the free one where it would go; slots_ is never full.
    template <class NameOf>
    [[nodiscard]] std::size_t slotFor(std::string_view name, std::uint64_t hashed, NameOf&& nameOf) const;

    BigVector<Slot> slots_;  // a power of two, at least twice the names
    std::uint64_t seed_ = 0;
};

template <class NameOf>
std::size_t ZipNames::slotFor(std::string_view name, std::uint64_t hashed, NameOf&& nameOf) const {
    const std::size_t mask = slots_.size() - 1;
    const auto tag = static_cast<std::uint32_t>(hashed >> 32);
    std::size_t at = static_cast<std::size_t>(hashed) & mask;
    while (slots_[at].index != kNone && !(slots_[at].tag == tag && nameOf(slots_[at].index) == name))
        at = (at + 1) & mask;
    return at;
}

template <class NameOf>
bool ZipNames::insert(std::uint32_t index, NameOf&& nameOf) {
    const std::string_view name = nameOf(index);
    const std::uint64_t hashed = hash(name);
    Slot& slot = slots_[slotFor(name, hashed, nameOf)];
    if (slot.index != kNone) return false;
    slot = Slot{index, static_cast<std::uint32_t>(hashed >> 32)};
    return true;
}

template <class NameOf>
std::uint32_t ZipNames::find(std::string_view name, NameOf&& nameOf) const {
    if (slots_.empty()) return kNone;
    return slots_[slotFor(name, hash(name), nameOf)].index;
}

}  // namespace plimsoll
