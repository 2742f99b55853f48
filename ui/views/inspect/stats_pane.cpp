// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/stats_pane.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedWidget>
#include <algorithm>

#include "base/limits.h"
#include "text/errors.h"
#include "text/text.h"
#include "widgets/banner.h"
#include "widgets/figure_row.h"

namespace plimsoll::ui {
namespace {

// Read within a few frames from any disk.
constexpr std::uint64_t kAtOnceBytes = 8 * limits::MiB;
constexpr int kBarSteps = 1000;

}  // namespace

StatsPane::StatsPane(QWidget* parent)
    : QWidget(parent),
      stack_(new QStackedWidget),
      start_(new QPushButton(tr("Compute &statistics and histogram"))),
      busy_(new QWidget),
      bar_(new QProgressBar),
      result_(new FigureRow),
      problem_(new Banner) {
    start_->setObjectName(QStringLiteral("computeStats"));
    result_->setObjectName(QStringLiteral("statsFigures"));
    bar_->setRange(0, kBarSteps);
    bar_->setAccessibleName(tr("Reading the tensor"));
    auto* cancel = new QPushButton(tr("Cancel"));
    auto* row = new QHBoxLayout(busy_);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(bar_, 1);
    row->addWidget(cancel);
    auto* idle = new QWidget;
    auto* idleRow = new QHBoxLayout(idle);
    idleRow->setContentsMargins(0, 0, 0, 0);
    idleRow->addWidget(start_);
    idleRow->addStretch(1);
    for (QWidget* page : {idle, busy_, static_cast<QWidget*>(result_), static_cast<QWidget*>(problem_)})
        stack_->addWidget(page);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(stack_);
    connect(start_, &QPushButton::clicked, this, &StatsPane::compute);
    connect(cancel, &QPushButton::clicked, this, [this] {
        if (auto* job = job_.get()) job->cancel();
    });
}

void StatsPane::setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor) {
    job_.abandon();
    emit reading(false);
    checkpoint_ = std::move(checkpoint);
    tensor_ = tensor;
    stack_->setCurrentIndex(0);
    if (!checkpoint_) return;
    const TensorTable& table = checkpoint_->tensors;
    const bool possible = elementForm(table, tensor).dtype != DType::Opaque && table.elements(tensor) > 0 &&
                          table.storage(tensor).encoding != StorageEncoding::Absent;
    setVisible(possible);
    if (possible && table.nbytes(tensor) <= kAtOnceBytes) compute();
}

bool StatsPane::isPossible() const {
    return checkpoint_ && !isHidden();
}

void StatsPane::compute() {
    const bool running = stack_->currentWidget() == busy_;
    const bool known = stack_->currentWidget() == result_;
    if (!checkpoint_ || isHidden() || running || known) return;
    auto* job = job_.replace(new StatsJob(this));
    const std::uint64_t bytes = checkpoint_->tensors.nbytes(tensor_);
    bar_->setValue(0);
    if (bytes > kAtOnceBytes) stack_->setCurrentIndex(1);
    connect(job, &Job::progressed, this, [this, job](quint64 done) {
        const auto total = static_cast<double>(std::max<std::uint64_t>(job->totalBytes(), 1));
        bar_->setValue(static_cast<int>(static_cast<double>(done) / total * kBarSteps));
    });
    connect(job, &StatsJob::computed, this, &StatsPane::show);
    connect(job, &StatsJob::failed, this, [this](const Error& error) {
        if (error.code == Errc::Cancelled) {
            stack_->setCurrentIndex(0);
            return;
        }
        problem_->show(Banner::Kind::Error, errorLine(error, toText(checkpoint_->path)));
        stack_->setCurrentIndex(3);
        emit shown();
    });
    connect(job, &Job::ended, this, [this] { emit reading(false); });
    job->compute(checkpoint_, tensor_);
    emit reading(true);
}

void StatsPane::show(const TensorSurvey& survey) {
    const TensorStats& stats = survey.stats;
    QList<std::pair<QString, QString>> figures;
    if (stats.count > stats.nan + stats.inf) {
        figures.append({tr("min"), numberText(stats.min)});
        figures.append({tr("max"), numberText(stats.max)});
        figures.append({tr("mean"), numberText(stats.mean)});
        figures.append({tr("deviation"), numberText(stats.stddev)});
    }
    figures.append({tr("zeros"), percentText(stats.zero, stats.count)});
    figures.append({tr("NaN"), countText(stats.nan)});
    figures.append({tr("infinite"), countText(stats.inf)});
    result_->setFigures(figures);
    // As the grid marks them.
    if (stats.nan > 0) result_->mark(tr("NaN"), Label::Style::Bad);
    if (stats.inf > 0) result_->mark(tr("infinite"), Label::Style::Warning);
    stack_->setCurrentIndex(2);
    emit surveyed(survey);
    emit shown();
}

}  // namespace plimsoll::ui
