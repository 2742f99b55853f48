// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/name_index.h"

#include <algorithm>
#include <functional>

namespace plimsoll {

namespace {

std::uint32_t hashOf(std::string_view name) noexcept {
    return static_cast<std::uint32_t>(std::hash<std::string_view>{}(name));
}

}  // namespace

std::size_t NameIndex::slotOf(std::string_view name, std::uint32_t hash) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash & mask;
    while (slots_[slot].id.valid() && !(slots_[slot].hash == hash && table_.name(slots_[slot].id) == name))
        slot = (slot + 1) & mask;
    return slot;
}

void NameIndex::grow() {
    constexpr std::size_t kFirstSlots = 64;
    const auto old = std::move(slots_);
    slots_.assign(std::max(kFirstSlots, old.size() * 2), Slot());
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& moved : old) {
        if (!moved.id.valid()) continue;
        std::size_t slot = moved.hash & mask;
        while (slots_[slot].id.valid()) slot = (slot + 1) & mask;
        slots_[slot] = moved;
    }
}

TensorId NameIndex::insert(TensorId id) {
    if ((used_ + 1) * 2 > slots_.size()) grow();
    const auto name = table_.name(id);
    const std::uint32_t hash = hashOf(name);
    Slot& slot = slots_[slotOf(name, hash)];
    if (slot.id.valid()) return slot.id;
    slot = {id, hash};
    ++used_;
    return {};
}

TensorId NameIndex::find(std::string_view name) const noexcept {
    return slots_.empty() ? TensorId() : slots_[slotOf(name, hashOf(name))].id;
}

}  // namespace plimsoll
