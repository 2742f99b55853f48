// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/loss_pane.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>
#include <utility>

#include "text/errors.h"
#include "text/text.h"
#include "views/convert/loss_table.h"
#include "widgets/label.h"
#include "widgets/run_strip.h"

namespace plimsoll::ui {

LossPane::LossPane(QWidget* parent)
    : QWidget(parent),
      all_(new QPushButton(tr("Meas&ure every cast"))),
      selected_(new QPushButton(tr("Only the selected tensors"))),
      summary_(new Label(Label::Style::Muted)),
      strip_(new RunStrip),
      table_(new LossTable(QStringLiteral("lossTable"))) {
    all_->setObjectName(QStringLiteral("measureLoss"));
    selected_->setObjectName(QStringLiteral("measureSelected"));
    selected_->setToolTip(tr("Those that are selected in the list of tensors"));
    summary_->setObjectName(QStringLiteral("lossSummary"));
    summary_->setWordWrap(true);
    strip_->setObjectName(QStringLiteral("lossStrip"));
    auto* row = new QHBoxLayout;
    row->addWidget(all_);
    row->addWidget(selected_);
    row->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 6, 0, 0);
    column->setSpacing(6);
    column->addLayout(row);
    column->addWidget(strip_);
    column->addWidget(summary_);
    column->addWidget(table_, 1);
    column->addStretch(0);
    connect(all_, &QPushButton::clicked, this, [this] { measure({}); });
    connect(selected_, &QPushButton::clicked, this, [this] { measure(selection_()); });
}

void LossPane::setPlan(std::shared_ptr<const Plan> plan, std::shared_ptr<const Preview> preview) {
    job_.abandon();
    plan_ = std::move(plan);
    preview_ = std::move(preview);
    strip_->hide();
    table_->setLosses(nullptr);
    table_->hide();
    summary_->setText(
        tr("Reads the tensors, casts them and writes nothing: largest absolute and relative error, RMS, "
           "and how many values overflow, become zero or are NaN."));
    updateButtons();
}

void LossPane::setSelection(std::function<PreviewRows()> selection) {
    selection_ = std::move(selection);
}

void LossPane::setHasSelection(bool any) {
    hasSelection_ = any;
    updateButtons();
}

void LossPane::updateButtons() {
    const bool isIdle = plan_ && job_.get() == nullptr;
    all_->setEnabled(isIdle);
    selected_->setEnabled(isIdle && hasSelection_ && selection_);
}

void LossPane::measure(PreviewRows rows) {
    if (!plan_) return;
    summary_->clear();
    table_->setLosses(nullptr);
    table_->hide();
    auto* job = job_.replace(new LossJob(this));
    connect(job, &LossJob::measured, this, &LossPane::showLosses);
    connect(job, &LossJob::failed, this, [this](const Error& error) {
        summary_->setText(error.code == Errc::Cancelled ? tr("Measuring was stopped.")
                                                        : errorLine(error, toText(plan_->source->path)));
    });
    connect(job, &Job::ended, this, &LossPane::updateButtons);
    strip_->follow(job, tr("Measuring"));
    job->measure(plan_, preview_, std::move(rows));
    updateButtons();
}

void LossPane::showLosses(const std::shared_ptr<const std::vector<RecordLoss>>& losses) {
    summary_->setText(lossSummary(*losses));
    table_->setLosses(losses);
    table_->setVisible(!losses->empty());
}

}  // namespace plimsoll::ui
