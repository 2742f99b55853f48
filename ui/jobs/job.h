// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <QString>
#include <QTimer>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/progress.h"
#include "base/result.h"

namespace plimsoll::ui {

// What people are told of a job that they may wait for.
struct JobFacts {
    QString title;         // "Convert model.pth"
    QString command;       // the plimsoll-cli call that does the same; empty where there is none
    bool queued = false;   // such jobs run one after the other, in the order in which they were started
    QString remembered{};  // as unfinished::Conversion::line, of one that can be resumed
};

// One core operation on a worker thread, seen from the GUI thread. A job runs once. Its outcome is delivered on the
// GUI thread by the signals of the derived class, then ended() follows, once. Destroying a job stops and joins it.
class Job : public QObject {
    Q_OBJECT
public:
    ~Job() override;

    // Asks the work to stop; the outcome then is Errc::Cancelled unless it was complete already.
    void cancel();
    // To be called before the work starts: the job is then listed by JobMonitor.
    void announce(JobFacts facts) { facts_ = std::move(facts); }
    // Stops the job and disconnects everyone: its outcome is never seen. Deletes itself when the worker has ended, so
    // nobody waits for it.
    void abandon();

    [[nodiscard]] bool isRunning() const noexcept { return running_; }  // or waits for its turn
    [[nodiscard]] bool isWaiting() const noexcept { return waiting_ != nullptr; }
    [[nodiscard]] const JobFacts& facts() const noexcept { return facts_; }
    // Of a job that has ended: why it did not do its work, and else what came of it, in a line.
    [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }
    [[nodiscard]] const QString& result() const noexcept { return result_; }
    // Of one that runs: where it is, in words; empty where its progress says all.
    [[nodiscard]] const QString& stage() const noexcept { return stage_; }
    [[nodiscard]] std::uint64_t doneBytes() const noexcept { return progress_->done(); }
    [[nodiscard]] std::uint64_t totalBytes() const noexcept { return progress_->total(); }  // 0: not known
    [[nodiscard]] double elapsedSeconds() const;

signals:
    void waits();                        // for jobs before it
    void begun();                        // its turn has come, where it had to wait
    void progressed(quint64 doneBytes);  // at most 10 times a second
    void ended();                        // after the outcome

protected:
    explicit Job(QObject* parent);

    // `work` runs on the worker: it may touch only what it captured by value, never this object.
    // `deliver` runs on the GUI thread; it is skipped when the job is destroyed first.
    template <class T>
    void start(std::function<Result<T>(ProgressSink&, const std::stop_token&)> work,
               std::function<void(Result<T>)> deliver) {
        launch([this, work = std::move(work), deliver = std::move(deliver),
                progress = progress_](const std::stop_token& stop) {
            auto outcome = std::make_shared<Result<T>>(guarded<T>(work, *progress, stop));
            QMetaObject::invokeMethod(
                this,
                [this, deliver, outcome] {
                    if (!*outcome) failure_ = outcome->error();
                    conclude([&] { deliver(std::move(*outcome)); });
                },
                Qt::QueuedConnection);
        });
    }

    void setResult(const QString& result) { result_ = result; }  // while it is delivered
    void setStage(const QString& stage) { stage_ = stage; }
    virtual void tick() {}  // GUI thread, 10 Hz while running, and once before the outcome

private:
    friend class JobMonitor;
    // The one place where std::bad_alloc is caught.
    template <class T, class Work>
    static Result<T> guarded(const Work& work, ProgressSink& progress, const std::stop_token& stop) {
        try {
            if (stop.stop_requested()) return cancelled();
            return work(progress, stop);
        } catch (const std::bad_alloc&) {
            return fail(Errc::OverLimit, tr("not enough memory").toStdString());
        }
    }
    using Body = std::function<void(const std::stop_token&)>;
    void launch(Body body);
    void begin();
    void conclude(const std::function<void()>& deliver);

    std::shared_ptr<ProgressCounter> progress_ = std::make_shared<ProgressCounter>();
    JobFacts facts_;
    std::optional<Error> failure_;
    QString result_;
    QString stage_;
    Body waiting_;  // until its turn comes
    QElapsedTimer clock_;
    QTimer tick_;
    bool running_ = false;
    double seconds_ = 0;
    std::jthread worker_;  // last member: stops and joins before anything it uses dies
};

// Holds the newest job of one kind; an older one is abandoned, so its outcome can never overwrite a newer one.
template <class J>
class LatestJob {
public:
    LatestJob() = default;
    LatestJob(const LatestJob&) = delete;
    LatestJob& operator=(const LatestJob&) = delete;
    ~LatestJob() = default;  // the job belongs to its QObject parent

    J* replace(J* job) {
        abandon();
        job_ = job;
        QObject::connect(job, &Job::ended, job, &QObject::deleteLater);
        return job;
    }
    void abandon() {
        if (job_ && job_->isRunning()) job_->abandon();
        job_ = nullptr;
    }
    [[nodiscard]] J* get() const { return job_ && job_->isRunning() ? job_.data() : nullptr; }

private:
    QPointer<J> job_;
};

}  // namespace plimsoll::ui
