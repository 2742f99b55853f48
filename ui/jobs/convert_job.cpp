// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/convert_job.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <mutex>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "convert/command_line.h"
#include "convert/tensor_parallel.h"
#include "formats/registry.h"
#include "jobs/dispose.h"
#include "jobs/unfinished.h"
#include "text/text.h"

namespace plimsoll::ui {
namespace {

// One plan at a time: what is typed abandons plans faster than a large one notices, and each takes memory.
class PlanningTurn {
public:
    // False where it was stopped while it waited.
    bool wait(const std::stop_token& stop) {
        while (!lock_.try_lock_for(std::chrono::milliseconds(20)))
            if (stop.stop_requested()) return false;
        return true;
    }

private:
    static std::timed_mutex& mutex() {
        static std::timed_mutex one;
        return one;
    }
    std::unique_lock<std::timed_mutex> lock_{mutex(), std::defer_lock};
};

Result<PlanOutcome> outcomeOf(std::shared_ptr<const Checkpoint> source, const Recipe& recipe, const std::string& ranks,
                              const std::stop_token& stop) {
    PlanningTurn turn;
    if (!turn.wait(stop)) return cancelled();
    PlanOutcome outcome;
    const auto problem = [&outcome](const Error& error) -> Result<PlanOutcome> {
        outcome.problem = error;
        return std::move(outcome);
    };
    if (recipe.tpMerge) {
        auto whole =
            openRanks(ranks, recipe.tpRules, [&stop](const std::string& path) { return openCheckpoint(path, stop); });
        if (!whole) return problem(whole.error());
        source = std::move(*whole);
    }
    auto preview = previewTensors(source, recipe, stop);
    if (!preview) return problem(preview.error());
    outcome.preview = std::move(*preview);
    auto plan = planConversion(source, recipe, stop);
    if (!plan) return problem(plan.error());
    outcome.destination = lookAtDestination(*plan);
    const auto& leftover = outcome.destination.leftover;
    plan->recipe.resume = leftover && !leftover->difference;
    outcome.plan = std::make_shared<const Plan>(std::move(*plan));
    return outcome;
}

// The casts of these tensors alone, with all that measuring them needs. A .pth has a record for each storage, which
// bears one of the names on it; what is cut for ranks is another checkpoint with the same names.
Plan partOf(const Plan& plan, const Preview& preview, const PreviewRows& rows) {
    Plan part;
    part.recipe = plan.recipe;
    part.source = plan.source;
    std::unordered_set<std::string_view> names;
    std::unordered_set<std::uint32_t> storages;
    for (const auto row : rows) {
        names.insert(preview.rows[row].name);
        if (plan.source == preview.source) storages.insert(plan.source->tensors.storageId(preview.rows[row].id).value);
    }
    for (const PlannedFile& file : plan.files) {
        PlannedFile& chosen = part.files.emplace_back();
        std::copy_if(file.records.begin(), file.records.end(), std::back_inserter(chosen.records),
                     [&](const PlannedRecord& record) {
                         return names.contains(record.name) || (record.source == PlannedRecord::Source::StorageRange &&
                                                                storages.contains(record.storage.value));
                     });
    }
    return part;
}

std::uint64_t castBytes(const Plan& plan) {
    std::uint64_t bytes = 0;
    for (const PlannedFile& file : plan.files)
        for (const PlannedRecord& record : file.records)
            if (isCast(record)) bytes += sourceBytes(record);
    return bytes;
}

}  // namespace

void PlanJob::plan(std::shared_ptr<const Checkpoint> source, const Recipe& recipe, const std::string& ranks) {
    start<PlanOutcome>(
        [source = std::move(source), recipe, ranks](ProgressSink&, const std::stop_token& stop) {
            return outcomeOf(source, recipe, ranks, stop);
        },
        [this](Result<PlanOutcome> outcome) {
            if (outcome) {
                emit planned(*outcome);
                // Where nobody wants it any more, freeing a million tensors is not for this thread.
                dispose(std::move(outcome->plan));
                dispose(std::move(outcome->preview));
                return;
            }
            PlanOutcome failed;
            failed.problem = outcome.error();
            emit planned(failed);
        });
}

void LossJob::measure(std::shared_ptr<const Plan> plan, std::shared_ptr<const Preview> preview, PreviewRows rows) {
    using Shared = std::shared_ptr<const std::vector<RecordLoss>>;
    start<Shared>(
        [plan = std::move(plan), preview = std::move(preview), rows = std::move(rows)](
            ProgressSink& progress, const std::stop_token& stop) -> Result<Shared> {
            const Plan part = rows.empty() ? Plan() : partOf(*plan, *preview, rows);
            const Plan& measured = rows.empty() ? *plan : part;
            progress.announce(castBytes(measured));
            TRY(auto losses, previewLoss(measured, progress, stop));
            return std::make_shared<const std::vector<RecordLoss>>(std::move(losses));
        },
        [this](Result<Shared> outcome) {
            if (outcome)
                emit measured(*outcome);
            else
                emit failed(outcome.error());
        });
}

void DiscardJob::discard(std::shared_ptr<const Plan> plan) {
    start<bool>(
        [plan = std::move(plan)](ProgressSink&, const std::stop_token&) -> Result<bool> {
            TRY_VOID(discardLeftover(*plan));
            return true;
        },
        [this](Result<bool> outcome) {
            if (outcome)
                emit discarded();
            else
                emit failed(outcome.error());
        });
}

QString ConvertJob::titleFor(const QString& destination) {
    return tr("Convert to %1").arg(fileName(destination));
}

void ConvertJob::convert(std::shared_ptr<const Plan> plan, const std::string& source) {
    using Shared = std::shared_ptr<const ConvertReport>;
    const QString destination = toText(plan->recipe.destination);
    announce({titleFor(destination), toText(convertCommandLine(source, plan->recipe)), true,
              unfinished::lineOf(source, plan->recipe)});
    watch_ = std::make_shared<MemoryWatch>();
    start<Shared>(
        [plan = std::move(plan), watch = watch_](ProgressSink& progress,
                                                 const std::stop_token& stop) -> Result<Shared> {
            const auto watching = watch->start();
            progress.announce(progressBytes(*plan));
            TRY(auto report, runPlan(*plan, progress, stop));
            return std::make_shared<const ConvertReport>(std::move(report));
        },
        [this](Result<Shared> outcome) {
            if (outcome) {
                const ConvertReport& report = **outcome;
                setResult(tr("%1 written in %2").arg(bytesText(report.bytesWritten), durationText(report.seconds)));
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
