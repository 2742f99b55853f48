// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnostics/stall_watch.h"

#include <unistd.h>
#include <QMetaObject>
#include <algorithm>
#include <cstdint>
#include <fstream>

namespace plimsoll::ui {
namespace {
constexpr std::chrono::milliseconds kPause(10);
}

StallWatch::StallWatch(Milliseconds limit, QObject* parent)
    : QObject(parent), limit_(limit), schedstat_("/proc/self/task/" + std::to_string(gettid()) + "/schedstat") {
    thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

StallWatch::~StallWatch() {
    thread_.request_stop();
    thread_.join();
}

// The kernel's count of the time that the thread was ready to run and did not; 0 where it keeps none.
std::chrono::nanoseconds StallWatch::processorWait() const {
    std::ifstream in(schedstat_);
    std::int64_t ran = 0;
    std::int64_t waited = 0;
    in >> ran >> waited;
    return std::chrono::nanoseconds(in ? waited : 0);
}

void StallWatch::reset() {
    stalls_ = 0;
    longestMs_ = 0;
    // A question that lies there already is not asked of what comes now.
    const std::scoped_lock lock(mutex_);
    ask();
}

void StallWatch::ask() {
    waitWhenAsked_ = processorWait();
    asked_ = std::chrono::steady_clock::now();
}

void StallWatch::watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::unique_lock lock(mutex_);
        answered_ = false;
        ask();
        QMetaObject::invokeMethod(this, &StallWatch::answer, Qt::QueuedConnection);
        if (!wake_.wait(lock, stop, [this] { return answered_; })) return;
        lock.unlock();
        std::this_thread::sleep_for(kPause);
    }
}

void StallWatch::answer() {
    // Before the lock, which the other thread may hold while a busy machine has no processor for it.
    const auto now = std::chrono::steady_clock::now();
    const auto waitNow = processorWait();
    std::unique_lock lock(mutex_);
    const auto lay = now - asked_ - (waitNow - waitWhenAsked_);
    const auto waited = std::max<std::int64_t>(std::chrono::duration_cast<Milliseconds>(lay).count(), 0);
    answered_ = true;
    lock.unlock();
    wake_.notify_all();
    longestMs_ = std::max<std::int64_t>(longestMs_, waited);
    if (waited < limit_.count()) return;
    ++stalls_;
    emit stalled(static_cast<int>(waited));
}

}  // namespace plimsoll::ui
