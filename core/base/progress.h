// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>

namespace plimsoll {

// Where a long operation reports how far it is. Called from worker threads, often: implementations only count.
class ProgressSink {
public:
    virtual ~ProgressSink() = default;
    // n more bytes of the announced total are done.
    virtual void advance(std::uint64_t n) noexcept = 0;
};

// Counts, for pollers on another thread.
class ProgressCounter final : public ProgressSink {
public:
    void advance(std::uint64_t n) noexcept override { done_.fetch_add(n, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t done() const noexcept { return done_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> done_{0};
};

}  // namespace plimsoll
