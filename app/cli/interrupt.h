// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>
#include <thread>

namespace plimsoll::cli {

// Turns SIGINT and SIGTERM into a stop request; a second signal kills. SIGPIPE and SIGXFSZ are ignored, so that what
// they mean arrives as an errno. One instance, made before other threads.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    [[nodiscard]] std::stop_token token() const noexcept { return stop_.get_token(); }

private:
    std::stop_source stop_;
    int readEnd_ = -1;
    std::thread waiter_;
};

}  // namespace plimsoll::cli
