// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/process_setup.h"

#include <csignal>

#include <sys/resource.h>

namespace plimsoll {

void prepareProcess() noexcept {
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    struct rlimit limit {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    // Refused: the old limit stays, and opening the first file above it says so.
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

}  // namespace plimsoll
