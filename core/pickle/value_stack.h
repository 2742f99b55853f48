// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "pickle/value.h"

namespace plimsoll {

// The stack of a pickle's machine. With each value goes how large the tree's pools were when it was pushed. A mark
// fences off what is below it: nothing but popMark() and dropTo() goes past the last one.
class ValueStack {
public:
    using PoolMark = ValueTree::PoolMark;

    void push(Value v, PoolMark since) {
        if (size_ == values_.size()) grow();
        values_[size_] = v;
        since_[size_] = since;
        ++size_;
    }
    // Values above the last mark.
    [[nodiscard]] std::size_t reachable() const noexcept { return size_ - fence_; }
    // The n-th value from the top, which is 0; n < reachable().
    [[nodiscard]] Value fromTop(std::size_t n) const noexcept { return values_[size_ - 1 - n]; }
    [[nodiscard]] PoolMark sinceFromTop(std::size_t n) const noexcept { return since_[size_ - 1 - n]; }
    // Takes n values off; n <= reachable().
    void drop(std::size_t n) noexcept { size_ -= n; }

    void mark() {
        marks_.push_back(size_);
        fence_ = size_;
    }
    [[nodiscard]] bool hasMark() const noexcept { return !marks_.empty(); }
    // Takes the last mark off and gives its position; hasMark() must hold. The values above it stay until dropTo().
    [[nodiscard]] std::size_t popMark() noexcept {
        const std::size_t position = fence_;
        marks_.pop_back();
        fence_ = marks_.empty() ? 0 : marks_.back();
        return position;
    }
    [[nodiscard]] std::span<const Value> above(std::size_t position) const noexcept {
        return std::span<const Value>(values_).subspan(position, size_ - position);
    }
    [[nodiscard]] Value at(std::size_t position) const noexcept { return values_[position]; }
    [[nodiscard]] PoolMark since(std::size_t position) const noexcept { return since_[position]; }
    void dropTo(std::size_t position) noexcept { size_ = position; }

    [[nodiscard]] std::size_t fence() const noexcept { return fence_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t marks() const noexcept { return marks_.size(); }
    // What the stack holds of memory.
    [[nodiscard]] std::size_t bytes() const noexcept {
        return values_.capacity() * sizeof(Value) + since_.capacity() * sizeof(PoolMark) +
               marks_.capacity() * sizeof(std::size_t);
    }

private:
    void grow() {
        constexpr std::size_t kFirst = 4096;
        const std::size_t size = std::max(kFirst, 2 * values_.size());
        values_.resize(size);
        since_.resize(size);
    }

    ValueVector values_;
    BigVector<PoolMark> since_;
    std::vector<std::size_t> marks_;
    std::size_t size_ = 0;
    std::size_t fence_ = 0;  // the last mark's position, 0 where there is none
};

}  // namespace plimsoll
