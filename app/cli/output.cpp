// SPDX-License-Identifier: GPL-3.0-or-later
#include "output.h"

#include <unistd.h>

#include <cerrno>

#include "failure.h"

namespace plimsoll::cli {

Output::Output() {
    buffer_.reserve(kFlushBytes + 1024);
}

void Output::flush() {
    std::string_view rest = buffer_;
    while (errno_ == 0 && !rest.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (written >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            errno_ = errno;
        }
    }
    buffer_.clear();
}

int Output::finish() {
    flush();
    if (errno_ == 0) return kExitDone;
    return report(Error{Errc::Io, kNoOffset, "cannot write: " + errnoText(errno_), {}}, "standard output");
}

}  // namespace plimsoll::cli
