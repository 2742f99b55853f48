// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load_lab/load_lab_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>
#include <algorithm>

#include "plots/memory_plot.h"
#include "text/errors.h"
#include "text/text.h"
#include "views/load_lab/runs_table.h"
#include "views/load_lab/strategy_list.h"
#include "widgets/banner.h"
#include "widgets/hairline.h"
#include "widgets/label.h"
#include "widgets/primary_button.h"

namespace plimsoll::ui {
namespace {

constexpr int kControlsWidth = 340;
constexpr int kBarSteps = 1000;

TimelinePoint above(const TimelinePoint& point, const TimelinePoint& first) {
    const auto minus = [](std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; };
    TimelinePoint result = point;
    result.rss = minus(point.rss, first.rss);
    result.anon = minus(point.anon, first.anon);
    result.file = minus(point.file, first.file);
    return result;
}

}  // namespace

LoadLabView::LoadLabView(QWidget* parent)
    : QWidget(parent),
      problem_(new Banner),
      remark_(new Banner),
      strategies_(new StrategyList),
      device_(new QComboBox),
      start_(new PrimaryButton(tr("&Run"))),
      cancel_(new QPushButton(tr("Cancel"))),
      clear_(new QPushButton(tr("Clear results"))),
      bar_(new QProgressBar),
      stage_(new Label(Label::Style::Muted)),
      plot_(new MemoryPlot),
      table_(new RunsTable) {
    setObjectName(QStringLiteral("loadLabView"));
    problem_->setObjectName(QStringLiteral("loaderProblem"));
    remark_->setObjectName(QStringLiteral("runRemark"));
    plot_->setObjectName(QStringLiteral("loadPlot"));
    plot_->setPlaceholder(
        tr("Choose strategies and press Run.\nEach loads the checkpoint in a process of its own, and its "
           "memory is drawn here, measured from outside."));
    auto* results = new QSplitter(Qt::Vertical);
    results->addWidget(plot_);
    results->addWidget(table_);
    results->setStretchFactor(0, 3);
    results->setStretchFactor(1, 1);
    results->setSizes({420, 190});
    results->setChildrenCollapsible(false);
    auto* right = new QVBoxLayout;
    right->setContentsMargins(16, 14, 16, 14);
    right->setSpacing(10);
    right->addWidget(problem_);
    right->addWidget(new Label(Label::Style::Heading, tr("Memory beyond what the loader held before the load")));
    right->addWidget(results, 1);
    right->addWidget(remark_);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(buildControls());
    row->addWidget(new Hairline);
    row->addLayout(right, 1);
    connect(table_, &RunsTable::visibilityChanged, plot_, &MemoryPlot::setRunVisible);
    connect(table_, &RunsTable::currentRunChanged, this, &LoadLabView::showCurrent);
    updateControls();
}

LoadLabView::~LoadLabView() = default;

QWidget* LoadLabView::buildControls() {
    auto* panel = new QWidget;
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(16, 14, 16, 14);
    column->setSpacing(8);
    column->addWidget(new Label(Label::Style::Heading, tr("Strategies")));
    column->addWidget(strategies_);
    column->addWidget(new Label(Label::Style::Heading, tr("Device")));
    device_->setObjectName(QStringLiteral("deviceBox"));
    device_->setAccessibleName(tr("Device"));
    column->addWidget(device_);
    column->addSpacing(10);
    start_->setObjectName(QStringLiteral("loadStart"));
    cancel_->setObjectName(QStringLiteral("loadCancel"));
    clear_->setObjectName(QStringLiteral("loadClear"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(start_, 1);
    buttons->addWidget(cancel_, 1);
    column->addLayout(buttons);
    column->addWidget(clear_);
    bar_->setRange(0, kBarSteps);
    bar_->setAccessibleName(tr("Progress"));
    stage_->setObjectName(QStringLiteral("loadStage"));
    stage_->setWordWrap(true);
    column->addWidget(bar_);
    column->addWidget(stage_);
    column->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(panel);
    scroll->setFixedWidth(kControlsWidth);
    connect(strategies_, &StrategyList::changed, this, &LoadLabView::updateControls);
    connect(start_, &QPushButton::clicked, this, &LoadLabView::start);
    connect(clear_, &QPushButton::clicked, this, &LoadLabView::clearRuns);
    connect(cancel_, &QPushButton::clicked, this, [this] {
        if (auto* job = job_.get()) job->cancel();
        cancel_->setEnabled(false);
    });
    return scroll;
}

void LoadLabView::setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint) {
    job_.abandon();
    checkpoint_ = std::move(checkpoint);
    checksums_.clear();
    clearRuns();
    if (checkpoint_) {
        const std::uint64_t bytes = checkpoint_->tensors.totalBytes();
        plot_->setReference(tr("the model, %1").arg(bytesText(bytes)), bytes);
    }
    updateControls();
}

void LoadLabView::showEvent(QShowEvent* event) {
    if (!status_) probe();
    QWidget::showEvent(event);
}

void LoadLabView::probe() {
    if (probe_.get() != nullptr) return;
    stage_->setText(tr("Looking for the load program"));
    auto* job = probe_.replace(new ProbeJob(this));
    connect(job, &ProbeJob::probed, this, &LoadLabView::showStatus);
    job->probe();
}

void LoadLabView::showStatus(const LoaderStatus& status) {
    status_ = status;
    device_->clear();
    for (const std::string& device : status.devices) device_->addItem(toText(device));
    problem_->show(Banner::Kind::Warning, toText(status.problem));
    stage_->setText(status.problem.empty() ? tr("LibTorch %1").arg(toText(status.torch))
                                           : tr("Load tests cannot run here yet."));
    updateControls();
    emit probed();
}

void LoadLabView::start() {
    if (!checkpoint_ || isBusy()) return;
    LoadJob::Request request;
    request.checkpoint = checkpoint_;
    request.checksums = checksums_;
    request.comparison.strategies = strategies_->chosen();
    request.comparison.device = device_->currentText().toStdString();
    firstRun_ = static_cast<int>(runs_.size());
    for (const std::string& strategy : request.comparison.strategies) {
        runs_.emplace_back();
        const QString name = toText(strategy);
        table_->addRun(name, device_->currentText());
        plot_->addRun(name, strategyColour(strategy));
    }
    auto* job = job_.replace(new LoadJob(this));
    connectJob(*job);
    stage_->setText(tr("Starting the load program"));
    progress_ = 0;
    job->run(std::move(request));
    updateControls();
}

void LoadLabView::connectJob(LoadJob& job) {
    connect(&job, &Job::progressed, this, &LoadLabView::showProgress);
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
    connect(&job, &LoadJob::runFinished, this,
            [this](int run, const std::shared_ptr<const LoadRun>& result) { showResult(firstRun_ + run, *result); });
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
    table_->setResult(run, result);
    QStringList lines;
    if (result.error && !result.cancelled) lines << toText(*result.error);
    for (const std::string& note : result.notes) lines << toText(note);
    runs_[static_cast<std::size_t>(run)].remark = lines.join(QLatin1Char('\n'));
    showCurrent(table_->currentRow());
}

void LoadLabView::showCurrent(int run) {
    const bool exists = run >= 0 && run < static_cast<int>(runs_.size());
    plot_->setCurrentRun(exists ? run : -1);
    const QString remark = exists ? runs_[static_cast<std::size_t>(run)].remark : QString();
    if (remark.isEmpty()) {
        remark_->clear();
    } else {
        remark_->show(Banner::Kind::Info, tr("%1: %2").arg(table_->item(run, RunsTable::Strategy)->text(), remark));
    }
}

void LoadLabView::showProgress(quint64 done) {
    progress_ = done;
    const auto total = static_cast<double>(std::max<quint64>(stageBytes_, 1));
    bar_->setValue(static_cast<int>(std::min(1.0, static_cast<double>(done - stageStart_) / total) * kBarSteps));
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
    plot_->clear();
    table_->setRowCount(0);
    remark_->clear();
    firstRun_ = 0;
    updateControls();
}

void LoadLabView::updateControls() {
    const bool ready = checkpoint_ && status_ && status_->problem.empty() && !status_->devices.empty();
    const bool busy = isBusy();
    start_->setEnabled(ready && !busy && !strategies_->chosen().empty());
    cancel_->setEnabled(busy);
    clear_->setEnabled(!busy && !runs_.empty());
    strategies_->setEnabled(!busy);
    device_->setEnabled(ready && !busy);
    if (!busy) bar_->hide();
}

}  // namespace plimsoll::ui
