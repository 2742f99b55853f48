// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "jobs/job.h"
#include "lab/supervisor.h"

namespace plimsoll::ui {

// Asks once whether load tests can run here.
class ProbeJob final : public Job {
    Q_OBJECT
public:
    explicit ProbeJob(QObject* parent) : Job(parent) {}
    void probe();

signals:
    void probed(const plimsoll::LoaderStatus& status);
};

// Runs load strategies one after the other, each in a fresh loader process. First the checksum of the file is computed
// where it is not known yet: progress counts its bytes. `run` in the signals is the index into the strategies.
class LoadJob final : public Job {
    Q_OBJECT
public:
    struct Request {
        std::shared_ptr<const Checkpoint> checkpoint;
        std::vector<std::string> strategies;
        std::string device;
        std::string checksum;  // from an earlier job on this checkpoint, or empty
    };

    explicit LoadJob(QObject* parent) : Job(parent) {}
    void run(Request request);

signals:
    void checksumKnown(const std::string& checksum);
    void runStarted(int run);
    void pointsAdded(int run, const std::vector<plimsoll::TimelinePoint>& points);  // batches, 10 Hz
    void phaseStarted(int run, const plimsoll::Phase& phase);
    void runFinished(int run, const std::shared_ptr<const plimsoll::LoadRun>& result);
    void finished();                            // all runs are made
    void failed(const plimsoll::Error& error);  // no run could be made, or Cancelled

private:
    struct Started {};
    using Event = std::variant<std::string, Started, TimelinePoint, Phase, std::shared_ptr<const LoadRun>>;
    // What the worker has to tell, in order, until the GUI thread takes it.
    struct Mailbox {
        std::mutex mutex;
        std::vector<std::pair<int, Event>> events;
        void put(int run, Event event) {
            const std::lock_guard guard(mutex);
            events.emplace_back(run, std::move(event));
        }
    };
    static Result<bool> work(const Request& request, Mailbox& mailbox, ProgressSink& progress,
                             const std::stop_token& stop);
    void tick() override;

    std::shared_ptr<Mailbox> mailbox_;
};

}  // namespace plimsoll::ui
