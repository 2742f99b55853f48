// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnostics/stall_watch.h"

#include <QMetaObject>
#include <algorithm>

namespace plimsoll::ui {
namespace {
constexpr std::chrono::milliseconds kPause(5);
}

StallWatch::StallWatch(Milliseconds limit, QObject* parent) : QObject(parent), limit_(limit) {
    thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

StallWatch::~StallWatch() {
    thread_.request_stop();
    thread_.join();
}

void StallWatch::reset() {
    stalls_ = 0;
    longestMs_ = 0;
    // A question that lies there already is not asked of what comes now.
    const std::scoped_lock lock(mutex_);
    asked_ = std::chrono::steady_clock::now();
}

void StallWatch::watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::unique_lock lock(mutex_);
        answered_ = false;
        asked_ = std::chrono::steady_clock::now();
        QMetaObject::invokeMethod(this, &StallWatch::answer, Qt::QueuedConnection);
        if (!wake_.wait(lock, stop, [this] { return answered_; })) return;
        lock.unlock();
        std::this_thread::sleep_for(kPause);
    }
}

void StallWatch::answer() {
    std::unique_lock lock(mutex_);
    const auto waited = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - asked_).count();
    answered_ = true;
    lock.unlock();
    wake_.notify_all();
    longestMs_ = std::max<std::int64_t>(longestMs_, waited);
    if (waited < limit_.count()) return;
    ++stalls_;
    emit stalled(static_cast<int>(waited));
}

}  // namespace plimsoll::ui
