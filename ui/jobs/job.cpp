// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/job.h"

namespace plimsoll::ui {
namespace {
constexpr int kTickMs = 100;
}

Job::Job(QObject* parent) : QObject(parent) {
    tick_.setInterval(kTickMs);
    connect(&tick_, &QTimer::timeout, this, [this] {
        tick();
        emit progressed(doneBytes());
    });
}

Job::~Job() {
    // Here and not in the member's destructor: every derived class must have a live Job to post to until then.
    worker_.request_stop();
    if (worker_.joinable()) worker_.join();
}

void Job::cancel() {
    worker_.request_stop();
}

void Job::abandon() {
    disconnect(this, nullptr, nullptr, nullptr);
    cancel();
    if (running_) {
        connect(this, &Job::ended, this, &QObject::deleteLater);
    } else {
        deleteLater();
    }
}

double Job::elapsedSeconds() const {
    return running_ ? static_cast<double>(clock_.nsecsElapsed()) * 1e-9 : seconds_;
}

void Job::launch(std::function<void(const std::stop_token&)> body) {
    Q_ASSERT(!worker_.joinable());
    running_ = true;
    clock_.start();
    tick_.start();
    worker_ = std::jthread([body = std::move(body)](const std::stop_token& stop) { body(stop); });
}

void Job::conclude(const std::function<void()>& deliver) {
    seconds_ = elapsedSeconds();
    tick_.stop();
    tick();
    running_ = false;
    deliver();
    emit ended();
}

}  // namespace plimsoll::ui
