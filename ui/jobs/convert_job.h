// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "convert/destination.h"
#include "convert/plan.h"
#include "convert/preview.h"
#include "convert/run.h"
#include "jobs/job.h"
#include "jobs/memory_watch.h"
#include "memory/timeline.h"

namespace plimsoll::ui {

// What a conversion would do, or why it cannot.
struct PlanOutcome {
    std::shared_ptr<const Preview> preview;  // null where its rules or its source are no good
    std::shared_ptr<const Plan> plan;        // null where there is none; goes on with what is left where it can
    std::optional<Error> problem;            // why there is no plan
    DestinationState destination;            // of the plan
};

// Computes what a conversion would do. No I/O on tensors.
class PlanJob final : public Job {
    Q_OBJECT
public:
    explicit PlanJob(QObject* parent) : Job(parent) {}
    // `ranks`: the folder of the ranks that are put together, where recipe.tpMerge.
    void plan(std::shared_ptr<const Checkpoint> source, const Recipe& recipe, const std::string& ranks);

signals:
    void planned(const plimsoll::ui::PlanOutcome& outcome);
};

// What the casts of a plan would cost; reads, and writes nothing.
class LossJob final : public Job {
    Q_OBJECT
public:
    explicit LossJob(QObject* parent) : Job(parent) {}
    // `rows`: of the plan's preview, to look at these only; empty: all.
    void measure(std::shared_ptr<const Plan> plan, std::shared_ptr<const Preview> preview, PreviewRows rows);

signals:
    void measured(const std::shared_ptr<const std::vector<plimsoll::RecordLoss>>& losses);
    void failed(const plimsoll::Error& error);
};

// Removes what an interrupted conversion left.
class DiscardJob final : public Job {
    Q_OBJECT
public:
    explicit DiscardJob(QObject* parent) : Job(parent) {}
    void discard(std::shared_ptr<const Plan> plan);

signals:
    void discarded();
    void failed(const plimsoll::Error& error);
};

// Runs a plan; progress counts source bytes, and those that are verified. This process's memory is sampled while it
// runs.
class ConvertJob final : public Job {
    Q_OBJECT
public:
    explicit ConvertJob(QObject* parent) : Job(parent) {}
    // `source`: what a command line names, the folder of the ranks where they are put together.
    void convert(std::shared_ptr<const Plan> plan, const std::string& source);
    [[nodiscard]] static QString titleFor(const QString& destination);  // of the job that writes it

signals:
    // Memory above what the program held at the start; batches, 10 Hz.
    void sampled(const std::vector<plimsoll::TimelinePoint>& points);
    void converted(const std::shared_ptr<const plimsoll::ConvertReport>& report);
    void failed(const plimsoll::Error& error);

private:
    void tick() override;

    std::shared_ptr<MemoryWatch> watch_;
};

}  // namespace plimsoll::ui
