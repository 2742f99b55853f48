// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

#include "memory/process_sampler.h"

namespace plimsoll {

// Watches how much anonymous memory this process has above what it had when the object was made. Where /proc cannot be
// read the answer is 0.
class PeakAnon {
public:
    PeakAnon();
    PeakAnon(const PeakAnon&) = delete;
    PeakAnon& operator=(const PeakAnon&) = delete;
    ~PeakAnon() = default;

    // Ends the watching.
    [[nodiscard]] std::uint64_t finish();

private:
    void sample() noexcept;

    std::optional<ProcessSampler> sampler_;
    std::uint64_t start_ = 0;
    std::uint64_t peak_ = 0;
    std::mutex mutex_;
    std::jthread thread_;  // last: it uses the others
};

}  // namespace plimsoll
