// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>

namespace plimsoll {

// Where a long operation reports how far it is. Called from worker threads, often: implementations only count.
class ProgressSink {
public:
    virtual ~ProgressSink() = default;
    // How much there will be, where the caller could not know it before (a scan finds its files itself).
    virtual void announce(std::uint64_t totalBytes) noexcept { static_cast<void>(totalBytes); }
    // n more bytes of the announced total are done.
    virtual void advance(std::uint64_t n) noexcept = 0;
};

// Counts, for pollers on another thread.
class ProgressCounter final : public ProgressSink {
public:
    void advance(std::uint64_t n) noexcept override { done_.fetch_add(n, std::memory_order_relaxed); }
    void announce(std::uint64_t totalBytes) noexcept override { total_.store(totalBytes, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t done() const noexcept { return done_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t total() const noexcept { return total_.load(std::memory_order_relaxed); }  // 0: unknown

private:
    std::atomic<std::uint64_t> done_{0};
    std::atomic<std::uint64_t> total_{0};
};

}  // namespace plimsoll
