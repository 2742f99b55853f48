// SPDX-License-Identifier: GPL-3.0-or-later
// Running load tests, and showing what comes of them.
#include <QProgressBar>
#include <QPushButton>
#include <QTabWidget>
#include <algorithm>

#include "plots/memory_plot.h"
#include "text/errors.h"
#include "text/text.h"
#include "views/load_lab/load_lab_view.h"
#include "views/load_lab/load_options.h"
#include "views/load_lab/runs_table.h"
#include "views/load_lab/snippet_pane.h"
#include "views/load_lab/strategy_list.h"
#include "views/load_lab/summary_table.h"
#include "widgets/banner.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {

TimelinePoint above(const TimelinePoint& point, const TimelinePoint& first) {
    const auto minus = [](std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; };
    TimelinePoint result = point;
    result.rss = minus(point.rss, first.rss);
    result.anon = minus(point.anon, first.anon);
    result.file = minus(point.file, first.file);
    return result;
}

}  // namespace

void LoadLabView::start() {
    auto comparison = options_->comparison(strategies_->chosen());
    if (!checkpoint_ || isBusy() || !comparison) return;
    // A report is of one checkpoint on one device.
    if (report_.path != checkpoint_->path || report_.device != comparison->device) clearRuns();
    report_.path = checkpoint_->path;
    report_.device = comparison->device;
    firstRun_ = static_cast<int>(runs_.size());
    for (unsigned round = 0; round < comparison->repeat; ++round)
        for (const std::string& strategy : comparison->strategies) addRun(strategy, options_->device(), round);
    tabs_->setCurrentWidget(runsPage_);
    showLoaderProblem();
    auto* job = job_.replace(new LoadJob(this));
    connectJob(*job);
    stage_->setText(tr("Starting the load program"));
    progress_ = 0;
    job->run({checkpoint_, std::move(*comparison), checksums_});
    updateControls();
}

void LoadLabView::addRun(const std::string& strategy, const QString& device, unsigned round) {
    runs_.emplace_back();
    table_->addRun(toText(strategy), device, round);
    plot_->addRun(toText(strategy), strategyColour(strategy));
}

void LoadLabView::connectJob(LoadJob& job) {
    connect(&job, &Job::progressed, this, &LoadLabView::showProgress);
    connect(&job, &Job::waits, this, [this] { stage_->setText(tr("Waits until the job before it has ended")); });
    connect(&job, &LoadJob::checksumsKnown, this, [this](const Checksums& checksums) { checksums_ = checksums; });
    connect(&job, &LoadJob::preparing, this, [this](const QString& what, quint64 bytes) {
        stage_->setText(tr("Before the run: %1").arg(what));
        stageBytes_ = bytes;
        stageStart_ = progress_;
        bar_->setValue(0);
        bar_->show();
    });
    connect(&job, &LoadJob::runStarted, this, [this](int run) {
        bar_->hide();
        table_->setRunning(firstRun_ + run);
        const int all = static_cast<int>(runs_.size()) - firstRun_;
        stage_->setText(tr("Run %1 of %2: %3").arg(run + 1).arg(all).arg(table_->item(firstRun_ + run, 0)->text()));
    });
    connect(&job, &LoadJob::pointsAdded, this,
            [this](int run, const std::vector<TimelinePoint>& points) { addPoints(firstRun_ + run, points); });
    connect(&job, &LoadJob::phaseStarted, this,
            [this](int run, const Phase& phase) { addPhase(firstRun_ + run, phase); });
    connect(&job, &LoadJob::runFinished, this, [this](int run, const std::shared_ptr<const LoadRun>& result) {
        report_.runs.push_back(*result);
        showResult(firstRun_ + run, *result);
        summary_->show(report_);
    });
    connect(&job, &LoadJob::described, this, [this](const LoadReport& head) {
        report_.modelBytes = head.modelBytes;
        report_.machine = head.machine;
        showModelSize(head.modelBytes);
    });
    connect(&job, &LoadJob::finished, this, [this] { end(tr("not run")); });
    connect(&job, &LoadJob::failed, this, [this](const Error& error) {
        if (error.code == Errc::Cancelled) {
            end(tr("cancelled"));
        } else {
            problem_->show(Banner::Kind::Error, errorLine(error, toText(checkpoint_->path)));
            end(tr("not run"));
        }
    });
    connect(&job, &Job::ended, this, [this] {
        updateControls();
        emit finished();
    });
}

void LoadLabView::addPoints(int run, const std::vector<TimelinePoint>& points) {
    Run& target = runs_[static_cast<std::size_t>(run)];
    std::vector<TimelinePoint> shown;
    shown.reserve(points.size());
    for (const TimelinePoint& point : points) {
        if (!target.first) target.first = point;
        shown.push_back(above(point, *target.first));
    }
    plot_->append(run, shown);
}

void LoadLabView::addPhase(int run, const Phase& phase) {
    std::vector<Phase>& phases = runs_[static_cast<std::size_t>(run)].phases;
    if (!phases.empty() && phases.back().end < 0) phases.back().end = phase.start;
    phases.push_back(phase);
    plot_->setPhases(run, phases);
}

void LoadLabView::showResult(int run, const LoadRun& result) {
    runs_[static_cast<std::size_t>(run)].phases = result.timeline.phases;
    plot_->setPhases(run, result.timeline.phases);
    table_->setResult(run, result, report_);
    QStringList lines;
    if (result.error && !result.cancelled) lines << failureText(result, report_);
    for (const std::string& note : result.notes) lines << toText(note);
    runs_[static_cast<std::size_t>(run)].remark = lines.join(QLatin1Char('\n'));
    runs_[static_cast<std::size_t>(run)].isFailed = result.error && !result.cancelled && !result.outOfMemory;
    showCurrent(table_->currentRow());
}

void LoadLabView::showCurrent(int run) {
    const bool exists = run >= 0 && run < static_cast<int>(runs_.size());
    plot_->setCurrentRun(exists ? run : -1);
    const QString remark = exists ? runs_[static_cast<std::size_t>(run)].remark : QString();
    if (exists) snippet_->setStrategy(table_->item(run, RunsTable::Strategy)->text());
    if (remark.isEmpty()) {
        remark_->clear();
    } else {
        const bool isFailed = runs_[static_cast<std::size_t>(run)].isFailed;
        remark_->show(isFailed ? Banner::Kind::Error : Banner::Kind::Info,
                      tr("%1: %2").arg(table_->item(run, RunsTable::Strategy)->text(), remark));
    }
}

void LoadLabView::showProgress(quint64 done) {
    progress_ = done;
    const auto total = static_cast<double>(std::max<quint64>(stageBytes_, 1));
    bar_->setValue(static_cast<int>(std::min(1.0, static_cast<double>(done - stageStart_) / total) * bar_->maximum()));
}

// Rows that never came to a result must not say "waiting" for ever.
void LoadLabView::end(const QString& unfinished) {
    for (int run = firstRun_; run < table_->rowCount(); ++run) {
        if (table_->item(run, RunsTable::Anonymous) == nullptr) table_->setOutcome(run, unfinished);
    }
    bar_->hide();
    stage_->setText(status_ ? tr("LibTorch %1").arg(toText(status_->torch)) : QString());
}

void LoadLabView::clearRuns() {
    if (isBusy()) return;
    runs_.clear();
    report_ = {};
    plot_->clear();
    table_->setRowCount(0);
    table_->setColumnHidden(RunsTable::AskedFor, true);
    summary_->setRowCount(0);
    remark_->clear();
    firstRun_ = 0;
    heading_->setText(tr("Memory beyond the load program's own"));
    showModelSize(0);
    updateControls();
}

// The measure of all curves: a line across them.
void LoadLabView::showModelSize(std::uint64_t bytes) {
    plot_->setReference(bytes == 0 ? QString() : tr("the model, %1").arg(bytesText(bytes)), bytes);
}

}  // namespace plimsoll::ui
