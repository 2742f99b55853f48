// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/name_index.h"

#include <algorithm>
#include <functional>

namespace plimsoll {

std::size_t NameIndex::slotOf(std::string_view name) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = std::hash<std::string_view>{}(name)&mask;
    while (slots_[slot].valid() && table_.name(slots_[slot]) != name) slot = (slot + 1) & mask;
    return slot;
}

void NameIndex::grow() {
    constexpr std::size_t kFirstSlots = 64;
    const auto old = std::move(slots_);
    slots_.assign(std::max(kFirstSlots, old.size() * 2), TensorId());
    for (const TensorId id : old)
        if (id.valid()) slots_[slotOf(table_.name(id))] = id;
}

TensorId NameIndex::insert(TensorId id) {
    if ((used_ + 1) * 2 > slots_.size()) grow();
    TensorId& slot = slots_[slotOf(table_.name(id))];
    if (slot.valid()) return slot;
    slot = id;
    ++used_;
    return {};
}

TensorId NameIndex::find(std::string_view name) const noexcept {
    return slots_.empty() ? TensorId() : slots_[slotOf(name)];
}

}  // namespace plimsoll
