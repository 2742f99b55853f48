// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/signal_chain.h"

#include <cerrno>

namespace plimsoll {

int SignalChain::install(int signal, Handler handler) noexcept {
    struct sigaction action {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    // Asked for first, so that a fault between the two calls finds it.
    if (::sigaction(signal, nullptr, &previous_) != 0) return errno;
    return ::sigaction(signal, &action, nullptr) == 0 ? 0 : errno;
}

void SignalChain::passOn(int signal, siginfo_t* info, void* context) const {
    if ((previous_.sa_flags & SA_SIGINFO) != 0) {
        previous_.sa_sigaction(signal, info, context);
    } else if (previous_.sa_handler == SIG_IGN && info->si_code <= 0) {
        // Sent by a program and ignored before: still ignored.
    } else if (previous_.sa_handler != SIG_DFL && previous_.sa_handler != SIG_IGN) {
        previous_.sa_handler(signal);
    } else {
        struct sigaction defaultAction {};
        defaultAction.sa_handler = SIG_DFL;
        ::sigaction(signal, &defaultAction, nullptr);
        ::raise(signal);  // delivered when this handler returns
    }
}

}  // namespace plimsoll
