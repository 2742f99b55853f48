// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

#include "base/progress.h"

// Does something once when that many bytes are done: an interruption at a known place.
class AtBytes final : public plimsoll::ProgressSink {
public:
    AtBytes(std::uint64_t bytes, std::function<void()> action) : bytes_(bytes), action_(std::move(action)) {}
    void advance(std::uint64_t n) noexcept override {
        // Whoever comes later waits for the action, so that no fast worker is done before it.
        if (done_.fetch_add(n) + n >= bytes_) std::call_once(once_, action_);
    }
    [[nodiscard]] std::uint64_t done() const { return done_; }

private:
    std::uint64_t bytes_;
    std::function<void()> action_;
    std::once_flag once_;
    std::atomic<std::uint64_t> done_{0};
};
