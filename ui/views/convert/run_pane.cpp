// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/run_pane.h"

#include <QCoreApplication>
#include <QDesktopServices>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QUrl>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "jobs/dispose.h"
#include "plots/memory_plot.h"
#include "text/errors.h"
#include "text/text.h"
#include "views/convert/details_tabs.h"
#include "views/convert/loss_table.h"
#include "widgets/banner.h"
#include "widgets/data_table.h"
#include "widgets/figure_row.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {

constexpr int kBarSteps = 1000;
constexpr int kNameWidth = 18;              // letters m, on a tab
constexpr double kSpeedAfterSeconds = 0.3;  // earlier figures jump about

// What can be done about a conversion that failed.
QString wayOut(Errc code) {
    switch (code) {
        case Errc::Io:
            return RunPane::tr(
                "Make room or choose another destination. What was done stays where it is, and Resume "
                "goes on with it.");
        case Errc::Network:
            return RunPane::tr("When the server answers again, Resume goes on with what was done.");
        case Errc::Usage:
            return RunPane::tr("Choose another destination, or say that it may be replaced.");
        case Errc::OverLimit:
            return RunPane::tr("Give it a larger memory limit, or fewer threads.");
        default:
            return RunPane::tr("Look at the source under Integrity; if it was changed, open it again.");
    }
}

}  // namespace

RunPane::RunPane(const QString& place, QWidget* parent)
    : QWidget(parent),
      place_(place),
      title_(new Label(Label::Style::Heading)),
      outcome_(new Banner),
      buttons_(new QWidget),
      open_(new QPushButton(tr("Open the &result"))),
      folder_(new QPushButton(tr("Show in fol&der"))),
      compare_(new QPushButton(tr("&Compare with the source"))),
      back_(new QPushButton(tr("Back to the pla&n"))),
      bar_(new QProgressBar),
      cancel_(new QPushButton(tr("Cancel"))),
      phase_(new Label(Label::Style::Body)),
      speed_(new Label(Label::Style::Muted)),
      figures_(new FigureRow),
      tabs_(new DetailsTabs(QStringLiteral("run"))),
      plot_(new MemoryPlot),
      memory_(new QWidget),
      lossPage_(new QWidget),
      lossSummary_(new Label(Label::Style::Muted)),
      loss_(new LossTable(QStringLiteral("resultLossTable"))) {
    title_->setObjectName(QStringLiteral("runTitle"));
    outcome_->setObjectName(QStringLiteral("convertOutcome"));
    bar_->setObjectName(QStringLiteral("convertProgress"));
    bar_->setAccessibleName(tr("Progress of the conversion"));
    bar_->setRange(0, kBarSteps);
    cancel_->setObjectName(QStringLiteral("convertCancel"));
    cancel_->setToolTip(tr("What is done stays, and can be resumed"));
    phase_->setObjectName(QStringLiteral("convertPhase"));
    speed_->setObjectName(QStringLiteral("convertSpeed"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(title_);
    column->addWidget(outcome_);
    column->addWidget(buildProgress());
    column->addWidget(buildResult(), 1);
    connect(cancel_, &QPushButton::clicked, this, [this] {
        if (auto* job = job_.get()) job->cancel();
        cancel_->setEnabled(false);
    });
    connect(open_, &QPushButton::clicked, this, [this] { emit openRequested(resultPath()); });
    connect(compare_, &QPushButton::clicked, this, [this] { emit compareRequested(resultPath()); });
    connect(folder_, &QPushButton::clicked, this, &RunPane::showFolder);
    connect(back_, &QPushButton::clicked, this, &RunPane::planRequested);
}

QWidget* RunPane::buildProgress() {
    progress_ = new QWidget;
    auto* lines = new QVBoxLayout(progress_);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(8);
    auto* line = new QHBoxLayout;
    line->addWidget(bar_, 1);
    line->addWidget(cancel_);
    auto* words = new QHBoxLayout;
    words->addWidget(phase_);
    words->addWidget(speed_, 1);
    lines->addLayout(line);
    lines->addLayout(words);
    return progress_;
}

QWidget* RunPane::buildResult() {
    figures_->setObjectName(QStringLiteral("convertFigures"));
    open_->setObjectName(QStringLiteral("openResult"));
    folder_->setObjectName(QStringLiteral("showInFolder"));
    compare_->setObjectName(QStringLiteral("compareResult"));
    back_->setObjectName(QStringLiteral("backToPlan"));
    plot_->setObjectName(QStringLiteral("convertPlot"));
    plot_->setPlaceholder(tr("The memory of the conversion appears here while it runs."));
    lossSummary_->setObjectName(QStringLiteral("resultLoss"));
    lossSummary_->setWordWrap(true);
    auto* row = new QHBoxLayout(buttons_);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(open_);
    row->addWidget(folder_);
    row->addWidget(compare_);
    row->addWidget(back_);
    row->addStretch(1);
    auto* memory = new QVBoxLayout(memory_);
    memory->setContentsMargins(0, 6, 0, 0);
    memory->addWidget(new Label(
        Label::Style::Muted,
        tr("Memory of the program beyond what it held at the start; what the window draws meanwhile is part of it")));
    memory->addWidget(plot_, 1);
    auto* loss = new QVBoxLayout(lossPage_);
    loss->setContentsMargins(0, 6, 0, 0);
    loss->addWidget(lossSummary_);
    loss->addWidget(loss_, 1);
    tabs_->insertTab(0, memory_, tr("Memory"));
    tabs_->addTab(lossPage_, tr("Loss"));
    auto* result = new QWidget;
    auto* column = new QVBoxLayout(result);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(10);
    column->addWidget(figures_);
    column->addWidget(buttons_);
    column->addWidget(tabs_, 1);
    return result;
}

void RunPane::retire() {
    auto* job = job_.get();
    job_.abandon();
    loss_->setLosses(nullptr);
    tabs_->setPlan(nullptr);
    dispose(std::exchange(plan_, nullptr));
    if (job == nullptr)
        deleteLater();
    else
        connect(job, &QObject::destroyed, this, &QObject::deleteLater);  // nobody waits for its worker
}

void RunPane::start(std::shared_ptr<const Plan> plan, const std::string& source) {
    plan_ = std::move(plan);
    showTitle();
    if (plan_->recipe.tpRanks != 0) open_->setText(tr("Open the fi&rst rank"));
    outcome_->clear();
    figures_->hide();
    buttons_->hide();
    phase_->setText(tr("Starting"));
    plot_->addRun(tr("conversion"), 0);
    plot_->setReference(tr("planned bound, %1").arg(bytesText(plan_->peakMemoryBytes)), plan_->peakMemoryBytes);
    tabs_->setPlan(plan_);
    tabs_->setTabVisible(tabs_->indexOf(lossPage_), false);
    tabs_->setCurrentWidget(memory_);
    auto* job = job_.replace(new ConvertJob(this));
    connect(job, &Job::waits, this, [this] {
        title_->setText(tr("Waiting"));
        phase_->setText(tr("Waits until the job before it has ended"));
    });
    connect(job, &Job::begun, this, [this] {
        showTitle();
        phase_->setText(tr("Starting"));
        setState(State::Running);
    });
    connect(job, &Job::progressed, this, [this, job] { showProgress(*job); });
    connect(job, &ConvertJob::sampled, this,
            [this](const std::vector<TimelinePoint>& points) { plot_->append(0, points); });
    connect(job, &ConvertJob::converted, this, &RunPane::showReport);
    connect(job, &ConvertJob::failed, this, &RunPane::showFailure);
    connect(job, &Job::ended, this, &RunPane::ended);
    // Before the first sample: what drawing this page for the first time takes is not the conversion's.
    drawNow();
    job->convert(plan_, source);
    emit stateChanged();
}

void RunPane::showTitle() {
    title_->setText(plan_->recipe.resume ? tr("Resuming") : tr("Converting"));
}

// What is read and written; then the disk is waited for; then what was written is read back.
QString RunPane::phaseText(std::uint64_t done) const {
    if (done < plan_->bytesRead) return tr("Reading, casting, writing");
    if (plan_->recipe.verify && done > plan_->bytesRead) return tr("Verifying: reading it back");
    return tr("Waiting until all is on the disk");
}

void RunPane::showProgress(const Job& job) {
    if (job.totalBytes() == 0) return;
    const std::uint64_t total = job.totalBytes();
    const std::uint64_t done = std::min(job.doneBytes(), total);
    // What an earlier run did is counted at once: it says nothing of the speed.
    if (plan_->recipe.resume && resumedBytes_ == 0) resumedBytes_ = done;
    const std::uint64_t own = done - std::min(resumedBytes_, done);
    bar_->setValue(static_cast<int>(static_cast<double>(done) / static_cast<double>(total) * kBarSteps));
    phase_->setText(phaseText(done));
    QStringList parts{tr("%1 of %2").arg(bytesText(done), bytesText(total))};
    const double seconds = job.elapsedSeconds();
    if (own > 0 && seconds > kSpeedAfterSeconds) {
        parts << speedText(own, seconds);
        if (done < total)
            parts << tr("%1 left").arg(
                durationText(seconds * static_cast<double>(total - done) / static_cast<double>(own)));
    }
    speed_->setText(parts.join(QStringLiteral("  ·  ")));
    emit stateChanged();
}

void RunPane::showReport(const std::shared_ptr<const ConvertReport>& report) {
    const QString files =
        report->files.size() == 1
            ? toText(report->files.front())
            : tr("%1 files in %2").arg(countText(report->files.size()), toText(plan_->recipe.destination));
    title_->setText(tr("Converted"));
    outcome_->show(Banner::Kind::Good,
                   report->verified ? tr("Written and verified: %1").arg(files) : tr("Written: %1").arg(files));
    const std::uint64_t read = report->bytesRead - std::min(report->resumedBytes, report->bytesRead);
    QList<std::pair<QString, QString>> figures{{tr("Time"), durationText(report->seconds)},
                                               {tr("Read"), bytesText(read)},
                                               {tr("Written"), bytesText(report->bytesWritten)},
                                               {tr("Speed"), speedText(read, report->seconds)},
                                               {tr("Memory, highest"), bytesText(report->peakAnonBytes)}};
    if (report->resumedBytes != 0) figures << std::pair(tr("Done before"), bytesText(report->resumedBytes));
    figures_->setFigures(figures);
    figures_->show();
    if (plan_->recipe.measureLoss) {
        lossSummary_->setText(report->lossIsKnown ? lossSummary(report->losses)
                                                  : tr("Not known: the interrupted run did not measure it."));
        loss_->setLosses(SharedLosses(report, &report->losses));
        tabs_->setTabVisible(tabs_->indexOf(lossPage_), true);
    }
    tabs_->setCurrentWidget(&tabs_->files());
    end(State::Done);
}

void RunPane::showFailure(const Error& error) {
    title_->setText(tr("Not finished"));
    const bool isCancelled = error.code == Errc::Cancelled;
    if (isCancelled) {
        outcome_->show(Banner::Kind::Info, tr("Cancelled. Nothing appeared under the destination's name; what was done "
                                              "stays beside it, and Resume goes on with it."));
    } else {
        outcome_->show(Banner::Kind::Error,
                       tr("The conversion failed, and nothing appeared under the destination's name.\n%1\n%2")
                           .arg(errorLine(error, toText(plan_->source->path)), wayOut(error.code)));
    }
    end(isCancelled ? State::Cancelled : State::Failed);
}

void RunPane::end(State state) {
    progress_->hide();
    for (QWidget* button : {open_, folder_}) button->setVisible(state == State::Done);
    // A rank holds parts of tensors: beside the whole ones each would look like another shape.
    compare_->setVisible(state == State::Done && plan_->recipe.tpRanks == 0);
    buttons_->show();
    setState(state);
}

void RunPane::setState(State state) {
    state_ = state;
    emit stateChanged();
}

void RunPane::drawNow() {
    QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
    plot_->drawNow();
    repaint();
}

QString RunPane::stateText() const {
    const auto words = [this] {
        switch (state_) {
            case State::Waiting:
                return tr("waiting");
            case State::Running:
                return tr("%1 %").arg(bar_->value() * 100 / kBarSteps);
            case State::Done:
                return tr("done");
            case State::Cancelled:
                return tr("cancelled");
            case State::Failed:
                return tr("failed");
        }
        return QString();
    };
    const int widest = kNameWidth * fontMetrics().horizontalAdvance(QLatin1Char('m'));
    return tr("%1: %2").arg(fontMetrics().elidedText(fileName(place_), Qt::ElideMiddle, widest), words());
}

QString RunPane::resultPath() const {
    // Of ranks each is a checkpoint: a folder that holds several cannot be opened.
    if (plan_->recipe.tpRanks != 0) return QFileInfo(toText(plan_->files.front().path)).absolutePath();
    return toText(plan_->isDirectory ? plan_->recipe.destination : plan_->files.front().path);
}

void RunPane::showFolder() {
    if (!plan_) return;
    const QString destination = toText(plan_->recipe.destination);
    const QString folder = plan_->isDirectory ? destination : QFileInfo(destination).absolutePath();
    QDesktopServices::openUrl(QUrl::fromLocalFile(folder));
}

}  // namespace plimsoll::ui
