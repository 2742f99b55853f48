// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/load_job.h"

#include <utility>

namespace plimsoll::ui {

void ProbeJob::probe() {
    start<LoaderStatus>([](ProgressSink&, const std::stop_token&) -> Result<LoaderStatus> { return probeLoader(); },
                        [this](Result<LoaderStatus> outcome) {
                            if (outcome) {
                                emit probed(*outcome);
                            } else {
                                emit probed(LoaderStatus{{}, {}, {}, outcome.error().what});
                            }
                        });
}

void LoadJob::run(Request request) {
    mailbox_ = std::make_shared<Mailbox>();
    start<bool>(
        [request = std::move(request), mailbox = mailbox_](ProgressSink& progress, const std::stop_token& stop) {
            return work(request, *mailbox, progress, stop);
        },
        [this](Result<bool> outcome) {
            if (outcome) {
                emit finished();
            } else {
                emit failed(outcome.error());
            }
        });
}

Result<bool> LoadJob::work(const Request& request, Mailbox& mailbox, ProgressSink& progress,
                           const std::stop_token& stop) {
    std::string checksum = request.checksum;
    if (checksum.empty()) {
        TRY(checksum, expectedChecksum(request.checkpoint, progress, stop));
        mailbox.put(-1, checksum);
    }
    for (int run = 0; run < static_cast<int>(request.strategies.size()); ++run) {
        if (stop.stop_requested()) return cancelled();
        mailbox.put(run, Started{});
        LoadObserver observer;
        observer.point = [&mailbox, run](const TimelinePoint& point) { mailbox.put(run, point); };
        observer.phase = [&mailbox, run](const Phase& phase) { mailbox.put(run, phase); };
        TRY(auto result, runLoadTest(*request.checkpoint, request.strategies[static_cast<std::size_t>(run)],
                                     request.device, checksum, observer, stop));
        const bool stopped = result.cancelled;
        mailbox.put(run, std::make_shared<const LoadRun>(std::move(result)));
        if (stopped) return cancelled();
    }
    return true;
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
        if (const auto* checksum = std::get_if<std::string>(&event)) emit checksumKnown(*checksum);
        if (std::holds_alternative<Started>(event)) emit runStarted(run);
        if (const auto* phase = std::get_if<Phase>(&event)) emit phaseStarted(run, *phase);
        if (const auto* result = std::get_if<std::shared_ptr<const LoadRun>>(&event)) emit runFinished(run, *result);
    }
    flush();
}

}  // namespace plimsoll::ui
