// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace plimsoll {

// A set of memo indices of one stream. Every entry takes a byte of stream at least, so a pickler's index is below the
// bytes read by then and costs a bit. Others ("far") are kept one by one, few of them.
class MemoIndices {
public:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    //   bytesRead  of the stream, so far
    // False where there are more far indices than limits.h allows: the set is not complete then.
    [[nodiscard]] bool add(std::uint64_t index, std::uint64_t bytesRead) {
        return contains(index) || addNew(index, bytesRead);
    }
    [[nodiscard]] bool contains(std::uint64_t index) const noexcept {
        // Most of what a pickler stores is younger than all that it reads again.
        if (index > highest_) return false;
        const std::uint64_t word = index / kWordBits;
        if (word < words_.size()) return (words_[word] >> (index % kWordBits) & 1U) != 0;
        return !far_.empty() && far_.contains(index);
    }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

    // Numbers the indices from 0 on. Call after the last add() and before slot().
    void number();
    // The number of an index; kNone where it is not in the set.
    [[nodiscard]] std::uint32_t slot(std::uint64_t index) const noexcept {
        if (index < lowSlots_.size()) return lowSlots_[static_cast<std::size_t>(index)];
        return contains(index) ? countBelow(index) : kNone;
    }

private:
    static constexpr std::uint64_t kWordBits = 64;

    [[nodiscard]] bool addNew(std::uint64_t index, std::uint64_t bytesRead);
    [[nodiscard]] std::uint32_t countBelow(std::uint64_t index) const noexcept;

    std::vector<std::uint64_t> words_;                      // a bit per index
    std::vector<std::uint32_t> firstSlot_;                  // number of the first index of a word
    std::unordered_map<std::uint64_t, std::uint32_t> far_;  // index -> number
    std::vector<std::uint32_t> lowSlots_;                   // slot() of the first indices, which are read most
    std::uint64_t count_ = 0;
    std::uint64_t highest_ = 0;  // of the indices
};

}  // namespace plimsoll
