// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/job_monitor.h"

#include <algorithm>

#include "jobs/job.h"

namespace plimsoll::ui {

JobMonitor& JobMonitor::instance() {
    static JobMonitor monitor;
    return monitor;
}

bool JobMonitor::enter(Job* job) {
    if (job->facts().title.isEmpty()) return true;
    const bool taken =
        std::any_of(jobs_.cbegin(), jobs_.cend(), [](const Job* other) { return other->facts().queued; });
    jobs_.append(job);
    emit entered(job);
    return !taken || !job->facts().queued;
}

void JobMonitor::remove(Job* job) {
    if (!jobs_.removeOne(job)) return;
    emit ended(job);
    letNextBegin(*job);
}

void JobMonitor::leave(Job* job) {
    if (!jobs_.removeOne(job)) return;
    emit left(job);
    letNextBegin(*job);
}

void JobMonitor::letNextBegin(const Job& after) {
    if (!after.facts().queued) return;
    const auto isQueued = [](const Job* other) { return other->facts().queued; };
    const auto first = std::find_if(jobs_.cbegin(), jobs_.cend(), isQueued);
    if (first != jobs_.cend() && (*first)->isWaiting()) (*first)->begin();
}

}  // namespace plimsoll::ui
