// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <vector>

namespace plimsoll {

// Memory for a column of a large table. From 128 KiB on its pages are asked for at once, from 1 MiB on as huge ones:
// filling a column of 100,000 rows page by page would take longer than making the rows. Throws std::bad_alloc.
[[nodiscard]] void* allocateBig(std::size_t bytes);
void freeBig(void* memory, std::size_t bytes) noexcept;

template <class T>
struct BigAllocator {
    using value_type = T;

    BigAllocator() = default;
    template <class U>
    BigAllocator(const BigAllocator<U>& /*other*/) noexcept {}

    [[nodiscard]] T* allocate(std::size_t count) {
        if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_array_new_length();
        return static_cast<T*>(allocateBig(count * sizeof(T)));
    }
    void deallocate(T* memory, std::size_t count) noexcept { freeBig(memory, count * sizeof(T)); }

    template <class U>
    friend bool operator==(const BigAllocator& /*a*/, const BigAllocator<U>& /*b*/) noexcept {
        return true;
    }
};

// A vector of what a million-tensor file has a million of.
template <class T>
using BigVector = std::vector<T, BigAllocator<T>>;

}  // namespace plimsoll
