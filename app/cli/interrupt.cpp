// SPDX-License-Identifier: GPL-3.0-or-later
#include "interrupt.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace plimsoll::cli {

namespace {

// A handler may only touch lock-free atomics and call write(); request_stop() takes locks, so a thread does it.
std::atomic<int> writeEnd{-1};
std::atomic<bool> asked{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void onSignal(int number) {
    if (asked.exchange(true)) {
        std::signal(number, SIG_DFL);
        std::raise(number);
        return;
    }
    const int saved = errno;
    const char byte = 1;
    [[maybe_unused]] const auto written = ::write(writeEnd.load(), &byte, 1);
    errno = saved;
}

}  // namespace

Interrupt::Interrupt() {
    std::array<int, 2> ends{};
    // Without a pipe (no descriptors left) a signal ends the program at once, as it would without a handler.
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
    readEnd_ = ends[0];
    writeEnd = ends[1];
    waiter_ = std::thread([this] {
        char byte = 0;
        ssize_t got = -1;
        while ((got = ::read(readEnd_, &byte, 1)) < 0 && errno == EINTR) continue;
        if (got == 1) stop_.request_stop();
    });
    struct sigaction action {};
    action.sa_handler = onSignal;
    // Calls that a signal breaks off start again: only the stop token ends work.
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

Interrupt::~Interrupt() {
    if (readEnd_ < 0) return;
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    ::close(writeEnd);  // ends the waiter's read
    waiter_.join();
    ::close(readEnd_);
}

}  // namespace plimsoll::cli
