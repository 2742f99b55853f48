// SPDX-License-Identifier: GPL-3.0-or-later
#include "output.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "failure.h"

namespace plimsoll::cli {

Output::Output() {
    buffer_.reserve(kFlushBytes + 1024);
}

void Output::handOver() {
    if (!hasWriter()) {
        write(buffer_);
        buffer_.clear();
        return;
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return handedOver_.empty(); });
    handedOver_.swap(buffer_);
    buffer_.reserve(kFlushBytes + 1024);
    changed_.notify_all();
}

bool Output::hasWriter() {
    try {
        if (!writer_.joinable()) writer_ = std::jthread([this](const std::stop_token& stop) { writeHandedOver(stop); });
    } catch (const std::system_error&) {
        return false;  // the system refuses more threads
    }
    return true;
}

void Output::writeHandedOver(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !handedOver_.empty(); })) {
        lock.unlock();
        write(handedOver_);
        lock.lock();
        handedOver_.clear();
        changed_.notify_all();
    }
}

void Output::write(std::string_view text) {
    while (errno_ == 0 && !text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            errno_ = errno;
        }
    }
}

int Output::finish() {
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return handedOver_.empty(); });
    }
    write(buffer_);
    buffer_.clear();
    if (errno_ == 0) return kExitDone;
    return report(Error{Errc::Io, kNoOffset, "cannot write: " + errnoText(errno_), {}}, "standard output");
}

}  // namespace plimsoll::cli
