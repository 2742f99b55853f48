// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace plimsoll {

// Owns a descriptor.
class Fd {
public:
    explicit Fd(int fd = -1) noexcept : fd_(fd) {}
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    Fd(Fd&& other) noexcept;
    Fd& operator=(Fd&& other) noexcept;
    ~Fd();
    [[nodiscard]] int get() const noexcept { return fd_; }
    void close() noexcept;

private:
    int fd_;
};

// A program that runs beside this one, with three pipes: its stdin, its report (descriptor kReportFd) and its stderr,
// into which its stdout goes too. Inherits nothing else. Killed and reaped at the latest by the destructor. One thread.
class ChildProcess {
public:
    static constexpr int kReportFd = 3;

    // Io where no process could be made: no such program, not executable, no descriptors left.
    [[nodiscard]] static Result<ChildProcess> start(const std::string& program,
                                                    const std::vector<std::string>& arguments);
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&& other) noexcept;
    ~ChildProcess();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    // Waits until there is output or `milliseconds` have passed, and appends what there is to the two strings. False
    // where nothing came.
    bool readOutput(int milliseconds, std::string& report, std::string& errors);

    // False where the program has closed its stdin or has ended.
    bool writeInput(std::string_view text) noexcept;

    void kill() noexcept;
    // The wait status if the program has ended, once; it is reaped then.
    [[nodiscard]] std::optional<int> reapIfEnded() noexcept;
    [[nodiscard]] int waitForEnd() noexcept;

private:
    ChildProcess(pid_t pid, Fd input, Fd report, Fd errors) noexcept;

    pid_t pid_ = -1;
    std::optional<int> status_;
    Fd input_;
    Fd report_;
    Fd errors_;
};

// How a process ended, in words: "exited with status 3", "was killed by signal SIGSEGV (Segmentation fault)".
[[nodiscard]] std::string describeEnd(int waitStatus);

// Processes that this system's out-of-memory killer has ended since boot (/proc/vmstat); nothing where the kernel does
// not tell.
[[nodiscard]] std::optional<std::uint64_t> outOfMemoryKills();

}  // namespace plimsoll
