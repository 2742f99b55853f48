// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/load_job.h"
#include "jobs/report_job.h"

class QLayout;
class QMenu;
class QProgressBar;
class QPushButton;
class QTabWidget;

namespace plimsoll::ui {

class Banner;
class CommandFoot;
class Label;
class LoadOptions;
class MemoryPlot;
class PredictionPane;
class RunsTable;
class SnippetPane;
class StrategyList;
class SummaryTable;

// Predicts what loading the checkpoint in several ways takes, loads it so, each time in a process of its own, and shows
// what that cost in memory. What is shown can be saved as a report, and a saved one shown again.
class LoadLabView final : public QWidget {
    Q_OBJECT
public:
    explicit LoadLabView(QWidget* parent = nullptr);
    ~LoadLabView() override;
    void setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint);  // null: nothing can be run; stops what runs
    [[nodiscard]] bool isBusy() const { return job_.get() != nullptr; }
    // Asks for the loader now instead of when the view is first shown.
    void probe();
    // In place of what is shown; a report.json, or a folder with one.
    void openReport(const QString& path);
    void show(const LoadReport& report);
    void saveReport(ReportJob::Part part, const QString& path);
    [[nodiscard]] const LoadReport& report() const noexcept { return report_; }

signals:
    void probed();
    void finished();  // runs have ended, whatever came of them
    void predicted();
    void reportShown();
    void reportSaved();
    void checkpointRequested(const QString& path);  // the one that a report without a checkpoint is about

protected:
    void showEvent(QShowEvent* event) override;

private:
    struct Run {
        std::optional<TimelinePoint> first;  // curves are shown above it: what the loader itself holds is not the load
        std::vector<Phase> phases;
        QString remark;  // its error and its notes
        bool isFailed = false;
    };
    QWidget* buildControls();
    QLayout* buildButtons();
    QWidget* buildResults();
    QMenu* buildSaveMenu();
    void showStatus(const LoaderStatus& status);
    void showLoaderProblem();
    void start();
    void addRun(const std::string& strategy, const QString& device, unsigned round);
    void connectJob(LoadJob& job);
    void addPoints(int run, const std::vector<TimelinePoint>& points);
    void addPhase(int run, const Phase& phase);
    void showResult(int run, const LoadRun& result);
    void showProgress(quint64 done);
    void end(const QString& unfinished);
    void clearRuns();
    void showModelSize(std::uint64_t bytes);  // 0: not known
    void showCurrent(int run);
    void askToOpen();
    void askToSave(ReportJob::Part part, const QString& name, const QString& filter);
    void predict();
    [[nodiscard]] std::uint64_t memoryOf(const std::string& device) const;  // 0: not known
    void showCommand();
    void updateControls();

    Banner* problem_;
    Banner* remark_;  // of the run that is selected
    Label* heading_;
    StrategyList* strategies_;
    LoadOptions* options_;
    QWidget* controls_ = nullptr;
    QPushButton* start_;
    QPushButton* cancel_;
    QPushButton* clear_;
    QPushButton* open_;
    QPushButton* source_;  // the checkpoint of a report that was opened without it
    QPushButton* save_;
    QProgressBar* bar_;
    Label* stage_;
    MemoryPlot* plot_;
    QTabWidget* tabs_;
    PredictionPane* prediction_;
    RunsTable* table_;
    SummaryTable* summary_;
    SnippetPane* snippet_;
    QWidget* runsPage_;
    CommandFoot* foot_;
    LatestJob<ProbeJob> probe_;
    LatestJob<LoadJob> job_;
    LatestJob<PredictJob> predicting_;
    LatestJob<ReportJob> reporting_;
    std::optional<LoaderStatus> status_;
    std::shared_ptr<const Checkpoint> checkpoint_;
    Checksums checksums_;
    LoadReport report_;  // the runs that have ended
    std::vector<Run> runs_;
    int firstRun_ = 0;  // of the running job
    // Of the work before a run: its bytes, and what the job's progress had counted when it began.
    quint64 stageBytes_ = 0;
    quint64 stageStart_ = 0;
    quint64 progress_ = 0;
};

}  // namespace plimsoll::ui
