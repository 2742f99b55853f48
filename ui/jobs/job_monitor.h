// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QObject>

namespace plimsoll::ui {

class Job;

// Knows the jobs that were announced (Job::announce) while they wait or run, and lets those that are queued run one
// after the other: two conversions would fight for one disk, and a load test is a measurement. GUI thread only.
class JobMonitor final : public QObject {
    Q_OBJECT
public:
    [[nodiscard]] static JobMonitor& instance();

    [[nodiscard]] const QList<Job*>& jobs() const noexcept { return jobs_; }

signals:
    void entered(plimsoll::ui::Job* job);
    void ended(plimsoll::ui::Job* job);  // has failure() or result()
    // Nobody waits for it any more: its view was closed or has begun something else.
    void left(plimsoll::ui::Job* job);

private:
    friend class Job;
    using QObject::QObject;
    // Called by Job. Whether it may begin now.
    [[nodiscard]] bool enter(Job* job);
    void remove(Job* job);
    void leave(Job* job);
    void letNextBegin(const Job& after);

    QList<Job*> jobs_;  // in the order in which they were started
};

}  // namespace plimsoll::ui
