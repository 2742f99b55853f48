// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/load_job.h"

#include <utility>

#include "convert/command_line.h"
#include "lab/machine.h"
#include "lab/report_json.h"
#include "lab/strategies.h"
#include "text/text.h"

namespace plimsoll::ui {

void ProbeJob::probe() {
    start<LoaderStatus>([](ProgressSink&, const std::stop_token&) -> Result<LoaderStatus> { return probeLoader(); },
                        [this](Result<LoaderStatus> outcome) {
                            if (outcome) {
                                emit probed(*outcome);
                            } else {
                                LoaderStatus failed;
                                failed.problem = outcome.error().what;
                                emit probed(failed);
                            }
                        });
}

QString loadCommandLine(const std::string& path, const Comparison& comparison) {
    std::string command = "plimsoll-cli load " + shellQuoted(path) + " --strategy ";
    if (comparison.strategies.size() == strategies().size())
        command += "all";
    else
        for (const std::string& name : comparison.strategies)
            command += name + (name == comparison.strategies.back() ? "" : ",");
    if (comparison.device != "cpu") command += " --device " + comparison.device;
    if (comparison.dtype) command += " --dtype " + std::string(shortName(*comparison.dtype));
    if (comparison.cache != CacheState::AsIs) command += " --cache " + std::string(cacheStateName(comparison.cache));
    if (comparison.hostLimit) command += " --limit-host " + std::to_string(*comparison.hostLimit);
    if (comparison.deviceLimit) command += " --limit-device " + std::to_string(*comparison.deviceLimit);
    if (comparison.repeat > 1) command += " --repeat " + std::to_string(comparison.repeat);
    return toText(command);
}

void LoadJob::run(Request request) {
    announce({tr("Load test of %1").arg(fileName(toText(request.checkpoint->path))),
              loadCommandLine(request.checkpoint->path, request.comparison), true});
    strategies_ = request.comparison.strategies;
    rounds_ = request.comparison.repeat;
    mailbox_ = std::make_shared<Mailbox>();
    start<bool>(
        [request = std::move(request), mailbox = mailbox_](ProgressSink& progress, const std::stop_token& stop) {
            return work(request, *mailbox, progress, stop);
        },
        [this](Result<bool> outcome) {
            if (outcome) {
                const int runs = static_cast<int>(strategies_.size() * rounds_);
                setResult(tr("%1 of %2 loads verified").arg(verified_).arg(runs));
                emit finished();
            } else {
                emit failed(outcome.error());
            }
        });
}

// Puts what the comparison tells into the mailbox.
class LoadJob::Relay final : public ComparisonObserver {
public:
    Relay(Mailbox& mailbox, ProgressSink& progress) : mailbox_(mailbox), progress_(progress) {}

    ProgressSink& preparing(std::string_view what, std::uint64_t bytes) override {
        mailbox_.put(-1, Preparing{std::string(what), bytes});
        return progress_;
    }
    LoadObserver runStarted(std::size_t run, const LoadTest&) override {
        const int number = static_cast<int>(run);
        mailbox_.put(number, Started{});
        return {[this, number](const TimelinePoint& point) { mailbox_.put(number, point); },
                [this, number](const Phase& phase) { mailbox_.put(number, phase); }};
    }
    void runFinished(std::size_t run, const LoadRun& result) override {
        mailbox_.put(static_cast<int>(run), std::make_shared<const LoadRun>(result));
    }

private:
    Mailbox& mailbox_;
    ProgressSink& progress_;
};

Result<bool> LoadJob::work(const Request& request, Mailbox& mailbox, ProgressSink& progress,
                           const std::stop_token& stop) {
    Relay relay(mailbox, progress);
    Checksums checksums = request.checksums;
    mailbox.put(-1, LoadReport{request.checkpoint->path,
                               request.comparison.device,
                               modelBytes(request.checkpoint->tensors),
                               {},
                               machineText()});
    const auto report = compareLoads(request.checkpoint, request.comparison, checksums, relay, stop);
    mailbox.put(-1, std::move(checksums));
    if (!report) return fail(report.error());
    if (!report->runs.empty() && report->runs.back().cancelled) return cancelled();
    return true;
}

QString LoadJob::stageOf(int run) const {
    const auto number = static_cast<std::size_t>(run);
    const std::string& strategy = strategies_[number % strategies_.size()];
    return tr("%1, %2 of %3").arg(toText(strategy)).arg(run + 1).arg(strategies_.size() * rounds_);
}

void LoadJob::tick() {
    std::vector<std::pair<int, Event>> events;
    {
        const std::lock_guard guard(mailbox_->mutex);
        events.swap(mailbox_->events);
    }
    std::vector<TimelinePoint> points;
    int pointsOf = -1;
    const auto flush = [&] {
        if (!points.empty()) emit pointsAdded(pointsOf, std::exchange(points, {}));
    };
    for (const auto& [run, event] : events) {
        if (const auto* point = std::get_if<TimelinePoint>(&event)) {
            if (run != pointsOf) flush();
            pointsOf = run;
            points.push_back(*point);
            continue;
        }
        flush();
        if (const auto* checksums = std::get_if<Checksums>(&event)) emit checksumsKnown(*checksums);
        if (const auto* stage = std::get_if<Preparing>(&event)) emit preparing(toText(stage->what), stage->bytes);
        if (std::holds_alternative<Started>(event)) {
            setStage(stageOf(run));
            emit runStarted(run);
        }
        if (const auto* phase = std::get_if<Phase>(&event)) emit phaseStarted(run, *phase);
        if (const auto* result = std::get_if<std::shared_ptr<const LoadRun>>(&event)) {
            if ((*result)->verified) ++verified_;
            emit runFinished(run, *result);
        }
        if (const auto* head = std::get_if<LoadReport>(&event)) emit described(*head);
    }
    flush();
}

}  // namespace plimsoll::ui
