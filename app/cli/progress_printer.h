// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include "base/progress.h"

namespace plimsoll::cli {

enum class ProgressMode : std::uint8_t {
    Auto,  // a line that renews itself where stderr is a terminal, else nothing
    Json,  // one JSON object a line
    None,
};

// Auto becomes None where stderr is no terminal.
[[nodiscard]] ProgressMode settledProgress(ProgressMode mode);

// Back to the start of the terminal's line, and what stands there away.
inline constexpr std::string_view kEraseLine = "\r\x1b[K";

// Written at once.
void toStderr(std::string_view text);

// Shows how far a job is, on stderr, from its making to its end. The job counts into sink().
class ProgressPrinter {
public:
    // label       what is being done ("converting")
    // totalBytes  what the job will count; 0 where the job announces it
    ProgressPrinter(std::string label, std::uint64_t totalBytes, ProgressMode mode);
    ~ProgressPrinter();
    ProgressPrinter(const ProgressPrinter&) = delete;
    ProgressPrinter& operator=(const ProgressPrinter&) = delete;

    [[nodiscard]] ProgressSink& sink() noexcept { return counter_; }

private:
    using Clock = std::chrono::steady_clock;

    void printOnce() const;
    [[nodiscard]] std::string terminalLine(std::uint64_t done, std::uint64_t total, double seconds) const;

    std::string label_;
    std::uint64_t total_;
    ProgressMode mode_;
    Clock::time_point start_ = Clock::now();
    ProgressCounter counter_;
    std::jthread ticker_;  // last member: stops before anything it uses dies
};

}  // namespace plimsoll::cli
