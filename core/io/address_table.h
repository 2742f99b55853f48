// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace plimsoll {

// Address ranges with something known about each (atomics only), looked up by signal handlers: find() takes no lock.
// Meant to be a constant-initialised object of static storage.
template <class Known, std::size_t kSlots>
class AddressTable {
public:
    // `end` is written last by add() and cleared first by remove(), so that a reader that sees the same `end` before
    // and after it read `begin` has a pair that belongs together.
    struct Slot {
        std::atomic<std::uintptr_t> begin{0};
        std::atomic<std::uintptr_t> end{0};
        Known known;
        int nextFree = -1;  // under mutex_
    };
    static_assert(std::atomic<std::uintptr_t>::is_always_lock_free, "a signal handler reads these");

    // nullptr where no range holds the address.
    [[nodiscard]] Slot* find(std::uintptr_t address) noexcept {
        const int count = slotsInUse_.load(std::memory_order_acquire);
        for (int i = 0; i < count; ++i) {
            Slot& slot = slots_[static_cast<std::size_t>(i)];
            const auto end = slot.end.load(std::memory_order_acquire);
            const auto begin = slot.begin.load(std::memory_order_acquire);
            if (address >= begin && address < end && slot.end.load(std::memory_order_acquire) == end) return &slot;
        }
        return nullptr;
    }

    // The range's slot; -1 where all are taken. `set(Known&)` runs before a handler can find the range.
    template <class Set>
    [[nodiscard]] int add(std::uintptr_t begin, std::uintptr_t end, Set set) noexcept {
        const std::lock_guard lock(mutex_);
        int index = slotsInUse_.load(std::memory_order_relaxed);
        if (firstFree_ >= 0) {
            index = firstFree_;
            firstFree_ = at(index).nextFree;
        } else if (index == static_cast<int>(kSlots)) {
            return -1;
        } else {
            slotsInUse_.store(index + 1, std::memory_order_release);
        }
        set(at(index).known);
        at(index).begin.store(begin, std::memory_order_release);
        at(index).end.store(end, std::memory_order_release);
        return index;
    }

    void remove(int index) noexcept {
        const std::lock_guard lock(mutex_);
        at(index).end.store(0, std::memory_order_release);
        at(index).begin.store(0, std::memory_order_release);
        at(index).nextFree = firstFree_;
        firstFree_ = index;
    }

    [[nodiscard]] Slot& at(int index) noexcept { return slots_[static_cast<std::size_t>(index)]; }

private:
    std::array<Slot, kSlots> slots_;
    std::atomic<int> slotsInUse_{0};  // slots at and above this one were never taken
    std::mutex mutex_;                // add and remove
    int firstFree_ = -1;              // chain of slots below slotsInUse_ that were given back
};

}  // namespace plimsoll
