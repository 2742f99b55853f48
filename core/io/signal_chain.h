// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <csignal>

namespace plimsoll {

// A process-wide handler of one signal that hands on what is not its own.
class SignalChain {
public:
    using Handler = void (*)(int signal, siginfo_t* info, void* context);

    // Call once; 0 or an errno value.
    [[nodiscard]] int install(int signal, Handler handler) noexcept;

    // To the handler that was there before, or the default action. Async-signal-safe.
    void passOn(int signal, siginfo_t* info, void* context) const;

private:
    struct sigaction previous_ {};
};

}  // namespace plimsoll
