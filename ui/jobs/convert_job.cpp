// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/convert_job.h"

namespace plimsoll::ui {

void PlanJob::plan(std::shared_ptr<const Checkpoint> source, const Recipe& recipe) {
    using Shared = std::shared_ptr<const Plan>;
    start<Shared>(
        [source = std::move(source), recipe](ProgressSink&, const std::stop_token&) -> Result<Shared> {
            TRY(auto plan, planConversion(source, recipe));
            return std::make_shared<const Plan>(std::move(plan));
        },
        [this](Result<Shared> outcome) {
            if (outcome) {
                emit planned(*outcome);
            } else {
                emit failed(outcome.error());
            }
        });
}

void ConvertJob::convert(std::shared_ptr<const Plan> plan) {
    watch_ = std::make_shared<MemoryWatch>();
    start<ConvertReport>(
        [plan = std::move(plan), watch = watch_](ProgressSink& progress, const std::stop_token& stop) {
            const auto watching = watch->start();
            return runPlan(*plan, progress, stop);
        },
        [this](Result<ConvertReport> outcome) {
            if (outcome) {
                emit converted(*outcome);
            } else {
                emit failed(outcome.error());
            }
        });
}

void ConvertJob::tick() {
    const std::vector<TimelinePoint> points = watch_->take();
    if (!points.empty()) emit sampled(points);
}

}  // namespace plimsoll::ui
