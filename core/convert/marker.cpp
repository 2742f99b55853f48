// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/marker.h"

#include <chrono>
#include <new>
#include <system_error>
#include <utility>

namespace plimsoll {

namespace {

constexpr std::chrono::seconds kInterval{5};

}  // namespace

Marker::Marker(Journal& journal, const OutputSet& out) : journal_(journal), out_(out) {
    try {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    } catch (const std::system_error&) {
        // No thread to be had: after a power cut the conversion starts anew, which is all that is lost.
    }
}

void Marker::run(const std::stop_token& stop) {
    try {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, stop, kInterval, [&] { return stop.stop_requested(); })) {
            auto marked = journal_.mark([&](std::uint32_t file) { return out_.syncFile(file, stop); });
            if (marked || marked.error().code == Errc::Cancelled) continue;
            result_ = std::move(marked);
            return;
        }
    } catch (const std::bad_alloc&) {
        result_ = fail(Errc::Io, "out of memory");
    }
}

Result<void> Marker::finish() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    return std::move(result_);
}

}  // namespace plimsoll
