// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/result.h"

namespace plimsoll {

// Memory of one process at one moment, from /proc/PID/status (kernel units: KiB, here bytes).
struct MemorySample {
    std::uint64_t rss = 0;      // VmRSS = anon + file + shmem
    std::uint64_t anon = 0;     // RssAnon
    std::uint64_t file = 0;     // RssFile: mapped pages that the kernel can drop
    std::uint64_t shmem = 0;    // RssShmem
    std::uint64_t swap = 0;     // VmSwap
    std::uint64_t peakRss = 0;  // VmHWM: the kernel's own peak, no sample can miss it
};

// Samples one process; opens /proc/PID/status once. Move-only; one thread.
class ProcessSampler {
public:
    // Io where the process does not exist or may not be read.
    [[nodiscard]] static Result<ProcessSampler> open(pid_t pid);
    ProcessSampler(const ProcessSampler&) = delete;
    ProcessSampler& operator=(const ProcessSampler&) = delete;
    ProcessSampler(ProcessSampler&& other) noexcept;
    ProcessSampler& operator=(ProcessSampler&& other) noexcept;
    ~ProcessSampler();

    // Io once the process has ended. About 20 microseconds.
    [[nodiscard]] Result<MemorySample> sample() const;

    // Makes VmHWM start anew from the present RSS (/proc/PID/clear_refs, 5). Io where the kernel refuses.
    [[nodiscard]] Result<void> resetPeak() const;

private:
    ProcessSampler(pid_t pid, int fd) noexcept : pid_(pid), fd_(fd) {}
    pid_t pid_ = 0;
    int fd_ = -1;
};

}  // namespace plimsoll
