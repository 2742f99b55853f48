// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/job.h"

#include "jobs/job_monitor.h"

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
    JobMonitor::instance().leave(this);
    worker_.request_stop();
    if (worker_.joinable()) worker_.join();
}

void Job::cancel() {
    if (waiting_) begin();  // to end at once: the outcome comes the way of all outcomes
    worker_.request_stop();
}

void Job::abandon() {
    disconnect(this, nullptr, nullptr, nullptr);
    JobMonitor::instance().leave(this);
    cancel();
    if (running_) {
        connect(this, &Job::ended, this, &QObject::deleteLater);
    } else {
        deleteLater();
    }
}

double Job::elapsedSeconds() const {
    return running_ && !waiting_ ? static_cast<double>(clock_.nsecsElapsed()) * 1e-9 : seconds_;
}

void Job::launch(Body body) {
    Q_ASSERT(!worker_.joinable());
    running_ = true;
    waiting_ = std::move(body);
    if (JobMonitor::instance().enter(this)) {
        begin();
    } else {
        emit waits();
    }
}

void Job::begin() {
    clock_.start();
    tick_.start();
    worker_ = std::jthread([body = std::exchange(waiting_, nullptr)](const std::stop_token& stop) { body(stop); });
    emit begun();
}

void Job::conclude(const std::function<void()>& deliver) {
    seconds_ = elapsedSeconds();
    tick_.stop();
    tick();
    running_ = false;
    deliver();
    JobMonitor::instance().remove(this);
    emit ended();
}

}  // namespace plimsoll::ui
