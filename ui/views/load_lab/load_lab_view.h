// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/load_job.h"

class QComboBox;
class QProgressBar;
class QPushButton;

namespace plimsoll::ui {

class Banner;
class Label;
class MemoryPlot;
class RunsTable;
class StrategyList;

// Loads the checkpoint in several ways, each in a process of its own, and shows what that costs in memory.
class LoadLabView final : public QWidget {
    Q_OBJECT
public:
    explicit LoadLabView(QWidget* parent = nullptr);
    ~LoadLabView() override;
    void setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint);  // null: nothing; stops what runs
    [[nodiscard]] bool isBusy() const { return job_.get() != nullptr; }
    // Asks for the loader now instead of when the view is first shown.
    void probe();

signals:
    void probed();
    void finished();  // runs have ended, whatever came of them

protected:
    void showEvent(QShowEvent* event) override;

private:
    struct Run {
        std::optional<TimelinePoint> first;  // curves are shown above it: what the loader itself holds is not the load
        std::vector<Phase> phases;
        QString remark;  // its error and its notes
    };
    QWidget* buildControls();
    void showStatus(const LoaderStatus& status);
    void start();
    void connectJob(LoadJob& job);
    void addPoints(int run, const std::vector<TimelinePoint>& points);
    void addPhase(int run, const Phase& phase);
    void showResult(int run, const LoadRun& result);
    void showProgress(quint64 done);
    void end(const QString& unfinished);
    void clearRuns();
    void showCurrent(int run);
    void updateControls();

    Banner* problem_;
    Banner* remark_;  // of the run that is selected
    StrategyList* strategies_;
    QComboBox* device_;
    QPushButton* start_;
    QPushButton* cancel_;
    QPushButton* clear_;
    QProgressBar* bar_;
    Label* stage_;
    MemoryPlot* plot_;
    RunsTable* table_;
    LatestJob<ProbeJob> probe_;
    LatestJob<LoadJob> job_;
    std::optional<LoaderStatus> status_;
    std::shared_ptr<const Checkpoint> checkpoint_;
    Checksums checksums_;
    std::vector<Run> runs_;
    int firstRun_ = 0;  // of the running job
    // Of the work before a run: its bytes, and what the job's progress had counted when it began.
    quint64 stageBytes_ = 0;
    quint64 stageStart_ = 0;
    quint64 progress_ = 0;
};

}  // namespace plimsoll::ui
