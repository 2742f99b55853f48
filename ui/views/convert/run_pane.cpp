// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/run_pane.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "plots/memory_plot.h"
#include "text/errors.h"
#include "text/text.h"
#include "widgets/banner.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {
constexpr int kBarSteps = 1000;
constexpr double kSpeedAfterSeconds = 0.3;  // earlier figures jump about
}  // namespace

RunPane::RunPane(QWidget* parent)
    : QWidget(parent),
      outcome_(new Banner),
      bar_(new QProgressBar),
      speed_(new Label(Label::Style::Muted)),
      cancel_(new QPushButton(tr("Cancel"))),
      open_(new QPushButton(tr("Open the result"))),
      plot_(new MemoryPlot) {
    outcome_->setObjectName(QStringLiteral("convertOutcome"));
    bar_->setObjectName(QStringLiteral("convertProgress"));
    bar_->setAccessibleName(tr("Progress of the conversion"));
    bar_->setRange(0, kBarSteps);
    cancel_->setObjectName(QStringLiteral("convertCancel"));
    open_->setObjectName(QStringLiteral("openResult"));
    speed_->setObjectName(QStringLiteral("convertSpeed"));
    plot_->setObjectName(QStringLiteral("convertPlot"));
    plot_->setPlaceholder(tr("The memory of the conversion appears here while it runs."));
    auto* row = new QHBoxLayout;
    row->addWidget(bar_, 1);
    row->addWidget(cancel_);
    auto* result = new QHBoxLayout;
    result->addWidget(outcome_, 1);
    result->addWidget(open_, 0, Qt::AlignVCenter);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addLayout(result);
    column->addLayout(row);
    column->addWidget(speed_);
    column->addSpacing(2);
    column->addWidget(new Label(Label::Style::Heading, tr("Memory beyond what the program held at the start")));
    column->addWidget(plot_, 1);
    connect(cancel_, &QPushButton::clicked, this, [this] {
        if (auto* job = job_.get()) job->cancel();
        cancel_->setEnabled(false);
    });
    connect(open_, &QPushButton::clicked, this, [this] {
        if (plan_) emit openRequested(toText(plan_->indexPath.empty() ? plan_->files.front().path : plan_->indexPath));
    });
    reset();
}

void RunPane::reset() {
    const bool wasRunning = isRunning();
    job_.abandon();
    plan_ = nullptr;
    hide();
    if (wasRunning) emit stateChanged();
}

void RunPane::start(std::shared_ptr<const Plan> plan) {
    plan_ = std::move(plan);
    show();
    outcome_->clear();
    open_->hide();
    bar_->setValue(0);
    bar_->show();
    cancel_->setEnabled(true);
    cancel_->show();
    speed_->setText(tr("Starting"));
    speed_->show();
    plot_->clear();
    plot_->addRun(tr("conversion"), 0);
    plot_->setReference(tr("planned bound, %1").arg(bytesText(plan_->peakMemoryBytes)), plan_->peakMemoryBytes);
    auto* job = job_.replace(new ConvertJob(this));
    connect(job, &Job::progressed, this, &RunPane::showProgress);
    connect(job, &ConvertJob::sampled, this,
            [this](const std::vector<TimelinePoint>& points) { plot_->append(0, points); });
    connect(job, &ConvertJob::converted, this, &RunPane::showReport);
    connect(job, &ConvertJob::failed, this, &RunPane::showFailure);
    connect(job, &Job::ended, this, &RunPane::end);
    job->convert(plan_);
    emit stateChanged();
}

void RunPane::showProgress(quint64 done) {
    const std::uint64_t total = std::max<std::uint64_t>(plan_->bytesRead, 1);
    bar_->setValue(static_cast<int>(static_cast<double>(done) / static_cast<double>(total) * kBarSteps));
    const auto* job = job_.get();
    const double seconds = job != nullptr ? job->elapsedSeconds() : 0;
    QStringList parts{tr("%1 of %2").arg(bytesText(done), bytesText(plan_->bytesRead))};
    if (done > 0 && seconds > kSpeedAfterSeconds) {
        const double left =
            seconds * static_cast<double>(total - std::min<std::uint64_t>(done, total)) / static_cast<double>(done);
        parts << speedText(done, seconds);
        parts << (done < total ? tr("%1 left").arg(durationText(left)) : tr("finishing: waiting for the disk"));
    }
    speed_->setText(parts.join(QStringLiteral("  ·  ")));
}

void RunPane::showReport(const ConvertReport& report) {
    const QString files = report.files.size() == 1
                              ? toText(report.files.front())
                              : tr("%1 files in %2").arg(report.files.size()).arg(toText(plan_->recipe.destination));
    outcome_->show(Banner::Kind::Good,
                   tr("Written: %1\n%2 in %3 (%4). Memory at its highest: %5 beyond the start.")
                       .arg(files, bytesText(report.bytesWritten), durationText(report.seconds),
                            speedText(report.bytesWritten, report.seconds), bytesText(report.peakAnonBytes)));
    open_->show();
}

void RunPane::showFailure(const Error& error) {
    if (error.code == Errc::Cancelled) {
        outcome_->show(Banner::Kind::Info, tr("Cancelled. Nothing was written under the destination's name."));
        return;
    }
    outcome_->show(Banner::Kind::Error,
                   tr("The conversion failed, and nothing appeared under the destination's name.\n%1")
                       .arg(errorLine(error, toText(plan_->source->path))));
}

void RunPane::end() {
    bar_->hide();
    cancel_->hide();
    speed_->hide();
    emit stateChanged();
}

QString RunPane::outcome() const {
    return outcome_->text();
}

}  // namespace plimsoll::ui
