// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/plan_pane.h"

#include <QGridLayout>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "jobs/dispose.h"
#include "text/errors.h"
#include "text/text.h"
#include "views/convert/details_tabs.h"
#include "views/convert/loss_pane.h"
#include "views/convert/preview_pane.h"
#include "widgets/banner.h"
#include "widgets/label.h"
#include "widgets/run_strip.h"
#include "widgets/stacked_bar.h"

namespace plimsoll::ui {

PlanPane::PlanPane(QWidget* parent)
    : QWidget(parent),
      strip_(new RunStrip),
      problem_(new Banner),
      leftover_(new QWidget),
      leftoverText_(new Banner),
      discard_(new QPushButton(tr("&Discard it"))),
      useOptions_(new QPushButton(tr("Use its optio&ns"))),
      summary_(new QWidget),
      before_(new Label(Label::Style::Body)),
      after_(new Label(Label::Style::Heading)),
      beforeBar_(new StackedBar),
      afterBar_(new StackedBar),
      remark_(new Label(Label::Style::Muted)),
      changes_(new Label(Label::Style::Body)),
      tabs_(new DetailsTabs(QStringLiteral("plan"))),
      preview_(new PreviewPane),
      loss_(new LossPane) {
    problem_->setObjectName(QStringLiteral("planProblem"));
    strip_->setObjectName(QStringLiteral("planStrip"));
    buildSummary();
    buildLeftover();
    tabs_->insertTab(0, preview_, tr("Tensors"));
    tabs_->addTab(loss_, tr("Loss"));
    tabs_->setCurrentIndex(0);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(new Label(Label::Style::Heading, tr("Plan")));
    column->addWidget(strip_);
    column->addWidget(problem_);
    column->addWidget(leftover_);
    column->addWidget(summary_);
    column->addWidget(tabs_, 1);
    column->addStretch(0);
    loss_->setSelection([this] { return preview_->selectedRows(); });
    connect(preview_, &PreviewPane::selectionChanged, loss_, &LossPane::setHasSelection);
    connect(discard_, &QPushButton::clicked, this, &PlanPane::discardRequested);
    connect(useOptions_, &QPushButton::clicked, this, &PlanPane::optionsRequested);
    clear();
}

void PlanPane::buildSummary() {
    after_->setObjectName(QStringLiteral("planAfter"));
    remark_->setObjectName(QStringLiteral("planRemark"));
    changes_->setObjectName(QStringLiteral("planChanges"));
    auto* bars = new QGridLayout(summary_);
    bars->setContentsMargins(0, 0, 0, 0);
    bars->setHorizontalSpacing(14);
    bars->setVerticalSpacing(6);
    bars->setColumnStretch(1, 1);
    bars->addWidget(new Label(Label::Style::Muted, tr("Now")), 0, 0);
    bars->addWidget(beforeBar_, 0, 1);
    bars->addWidget(before_, 0, 2, Qt::AlignRight);
    bars->addWidget(new Label(Label::Style::Muted, tr("Then")), 1, 0);
    bars->addWidget(afterBar_, 1, 1);
    bars->addWidget(after_, 1, 2, Qt::AlignRight);
    bars->addWidget(changes_, 2, 0, 1, 3);
    bars->addWidget(remark_, 3, 0, 1, 3);
    changes_->setWordWrap(true);
    remark_->setWordWrap(true);
}

void PlanPane::buildLeftover() {
    leftoverText_->setObjectName(QStringLiteral("leftover"));
    discard_->setObjectName(QStringLiteral("discardLeftover"));
    discard_->setToolTip(tr("Removes what the interrupted conversion left, and starts anew"));
    useOptions_->setObjectName(QStringLiteral("useLeftoverOptions"));
    useOptions_->setToolTip(tr("Fills in what the interrupted conversion was started with, so that it can be resumed"));
    auto* row = new QHBoxLayout(leftover_);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(leftoverText_, 1);
    row->addWidget(useOptions_);
    row->addWidget(discard_);
}

void PlanPane::follow(Job* job) {
    strip_->follow(job, tr("Planning"));
}

void PlanPane::clear() {
    setProblem({});
    leftover_->hide();
    summary_->hide();
    tabs_->hide();
    show({}, {});
}

// Freeing the plan of a million tensors is not for this thread.
void PlanPane::show(const PlanOutcome& outcome, const QList<RuleRow>& rules) {
    auto before = std::exchange(shown_, {outcome.plan, outcome.preview});
    preview_->setPreview(outcome.preview, rules);
    tabs_->setPlan(outcome.plan);
    loss_->setPlan(outcome.plan, outcome.preview);
    for (auto& part : before) dispose(std::move(part));
}

void PlanPane::setProblem(const QString& text) {
    problem_->show(Banner::Kind::Error, text);
}

void PlanPane::setOutcome(const PlanOutcome& outcome, const QString& sourcePath, const QList<RuleRow>& rules) {
    const auto& plan = outcome.plan;
    setProblem(outcome.problem ? errorLine(*outcome.problem, sourcePath) : QString());
    show(outcome, rules);
    tabs_->setTabVisible(tabs_->indexOf(loss_), plan && !plan->casts.empty());
    tabs_->setVisible(outcome.preview != nullptr);
    summary_->setVisible(plan != nullptr);
    leftover_->setVisible(plan && outcome.destination.leftover);
    if (!plan) return;
    showSizes(*plan, outcome.destination);
    if (outcome.destination.leftover) showLeftover(*plan, outcome.destination);
}

QString PlanPane::changesText(const Plan& plan) {
    const auto lossy =
        std::count_if(plan.casts.begin(), plan.casts.end(), [](const PlannedCast& c) { return c.loses; });
    QStringList changes{tr("%1 in %2")
                            .arg(tensorsText(plan.tensors), plan.files.size() == 1
                                                                ? tr("1 file")
                                                                : tr("%1 files").arg(countText(plan.files.size())))};
    if (!plan.indexPath.empty()) changes.last() += tr(" and an index");
    if (!plan.casts.empty()) changes << tr("%1 cast").arg(tensorsText(plan.casts.size()));
    if (lossy > 0)
        changes << (lossy == 1 ? tr("1 loses precision")
                               : tr("%1 lose precision").arg(countText(static_cast<std::uint64_t>(lossy))));
    if (!plan.dropped.empty()) changes << tr("%1 left out").arg(countText(plan.dropped.size()));
    return changes.join(QStringLiteral("  ·  "));
}

void PlanPane::showSizes(const Plan& plan, const DestinationState& destination) {
    const std::uint64_t now = plan.source->fileBytes();
    const auto widest = static_cast<double>(std::max<std::uint64_t>({now, plan.bytesWritten, 1}));
    beforeBar_->setParts({{static_cast<double>(now) / widest, 7}});
    afterBar_->setParts({{static_cast<double>(plan.bytesWritten) / widest, -1}});
    before_->setText(bytesText(now));
    after_->setText(bytesText(plan.bytesWritten));
    changes_->setText(changesText(plan));
    // Ranks read what they have in common each for themselves.
    const QString reads = plan.bytesRead > now ? tr("Reads %1") : tr("Reads %1 once");
    QString remark =
        tr("%1, with at most %2 of memory.").arg(reads.arg(bytesText(plan.bytesRead)), bytesText(plan.peakMemoryBytes));
    if (destination.freeBytes != 0)
        remark += QLatin1Char(' ') + tr("Writes %1 to a disk with %2 free.")
                                         .arg(bytesText(destination.neededBytes), bytesText(destination.freeBytes));
    remark_->setText(remark);
}

void PlanPane::showLeftover(const Plan& plan, const DestinationState& destination) {
    const Leftover& left = *destination.leftover;
    useOptions_->setVisible(left.difference.has_value());
    if (left.difference) {
        leftoverText_->show(Banner::Kind::Warning,
                            tr("An interrupted conversion to this destination cannot be resumed: %1. Converting "
                               "replaces what it left.")
                                .arg(toText(*left.difference)));
        return;
    }
    leftoverText_->show(Banner::Kind::Info, tr("An interrupted conversion to this destination has done %1 of %2 (%3). "
                                               "Resume goes on with it.")
                                                .arg(bytesText(left.doneBytes), bytesText(plan.bytesWritten),
                                                     percentText(left.doneBytes, plan.bytesWritten)));
}

void PlanPane::showRule(int row) {
    preview_->showRule(row);
    if (row >= 0) tabs_->setCurrentWidget(preview_);
}

}  // namespace plimsoll::ui
