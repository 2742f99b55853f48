// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "convert/plan.h"
#include "convert/run.h"
#include "jobs/job.h"
#include "jobs/memory_watch.h"
#include "memory/timeline.h"

namespace plimsoll::ui {

// Computes what a conversion would do. No I/O on tensors.
class PlanJob final : public Job {
    Q_OBJECT
public:
    explicit PlanJob(QObject* parent) : Job(parent) {}
    void plan(std::shared_ptr<const Checkpoint> source, const Recipe& recipe);

signals:
    void planned(const std::shared_ptr<const plimsoll::Plan>& plan);
    void failed(const plimsoll::Error& error);
};

// Runs a plan; progress counts source bytes. This process's memory is sampled while it runs.
class ConvertJob final : public Job {
    Q_OBJECT
public:
    explicit ConvertJob(QObject* parent) : Job(parent) {}
    void convert(std::shared_ptr<const Plan> plan);

signals:
    // Memory above what the program held at the start; batches, 10 Hz.
    void sampled(const std::vector<plimsoll::TimelinePoint>& points);
    void converted(const plimsoll::ConvertReport& report);
    void failed(const plimsoll::Error& error);

private:
    void tick() override;

    std::shared_ptr<MemoryWatch> watch_;
};

}  // namespace plimsoll::ui
