// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/memo_index.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "base/limits.h"

namespace plimsoll {

bool MemoIndices::addNew(std::uint64_t index, std::uint64_t bytesRead) {
    const std::uint64_t word = index / kWordBits;
    if (word >= words_.size()) {
        if (index >= bytesRead) {
            if (far_.size() >= limits::kPickleFarMemo) return false;
            far_.emplace(index, 0);
            ++count_;
            highest_ = std::max(highest_, index);
            return true;
        }
        words_.resize(static_cast<std::size_t>(std::max<std::uint64_t>(word + 1, 2 * words_.size())));
        // What was far and lies in the words now.
        for (auto entry = far_.begin(); entry != far_.end();) {
            const bool near = entry->first / kWordBits < words_.size();
            if (near) words_[entry->first / kWordBits] |= std::uint64_t{1} << (entry->first % kWordBits);
            entry = near ? far_.erase(entry) : std::next(entry);
        }
        if (contains(index)) return true;
    }
    words_[word] |= std::uint64_t{1} << (index % kWordBits);
    ++count_;
    highest_ = std::max(highest_, index);
    return true;
}

void MemoIndices::number() {
    std::uint32_t next = 0;
    firstSlot_.reserve(words_.size());
    for (const std::uint64_t word : words_) {
        firstSlot_.push_back(next);
        next += static_cast<std::uint32_t>(std::popcount(word));
    }
    for (auto& entry : far_) entry.second = next++;
    constexpr std::uint64_t kLowIndices = 4096;
    lowSlots_.resize(static_cast<std::size_t>(std::min(kLowIndices, words_.size() * kWordBits)));
    for (std::uint64_t index = 0; index < lowSlots_.size(); ++index)
        lowSlots_[index] = contains(index) ? countBelow(index) : kNone;
}

std::uint32_t MemoIndices::countBelow(std::uint64_t index) const noexcept {
    const std::uint64_t word = index / kWordBits;
    if (word >= words_.size()) return far_.find(index)->second;
    const std::uint64_t below = words_[word] & ((std::uint64_t{1} << (index % kWordBits)) - 1);
    return firstSlot_[word] + static_cast<std::uint32_t>(std::popcount(below));
}

}  // namespace plimsoll
