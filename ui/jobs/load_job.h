// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "jobs/job.h"
#include "lab/comparison.h"

namespace plimsoll::ui {

// The plimsoll-cli call that makes these load tests.
[[nodiscard]] QString loadCommandLine(const std::string& path, const Comparison& comparison);

// Asks once whether load tests can run here.
class ProbeJob final : public Job {
    Q_OBJECT
public:
    explicit ProbeJob(QObject* parent) : Job(parent) {}
    void probe();

signals:
    void probed(const plimsoll::LoaderStatus& status);
};

// Runs load strategies one after the other, each in a fresh loader process. First the checksums of the file are
// computed where they are not known yet. `run` in the signals is the number of the run.
class LoadJob final : public Job {
    Q_OBJECT
public:
    struct Request {
        std::shared_ptr<const Checkpoint> checkpoint;
        Comparison comparison;
        Checksums checksums;  // from an earlier job on this checkpoint
    };

    explicit LoadJob(QObject* parent) : Job(parent) {}
    void run(Request request);

signals:
    void checksumsKnown(const plimsoll::Checksums& checksums);
    void preparing(const QString& what, quint64 bytes);  // progress counts them, on top of what it has counted
    void runStarted(int run);
    void pointsAdded(int run, const std::vector<plimsoll::TimelinePoint>& points);  // batches, 10 Hz
    void phaseStarted(int run, const plimsoll::Phase& phase);
    void runFinished(int run, const std::shared_ptr<const plimsoll::LoadRun>& result);
    void described(const plimsoll::LoadReport& head);  // what is tested where and when, without runs; comes first
    void finished();                                   // all runs are made
    void failed(const plimsoll::Error& error);         // no run could be made, or Cancelled

private:
    struct Preparing {
        std::string what;
        std::uint64_t bytes = 0;
    };
    struct Started {};
    using Event =
        std::variant<Checksums, Preparing, Started, TimelinePoint, Phase, std::shared_ptr<const LoadRun>, LoadReport>;
    class Relay;
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
    [[nodiscard]] QString stageOf(int run) const;

    std::shared_ptr<Mailbox> mailbox_;
    std::vector<std::string> strategies_;  // of a round
    unsigned rounds_ = 0;
    int verified_ = 0;
};

}  // namespace plimsoll::ui
