// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/integrity/integrity_view.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "text/text.h"
#include "widgets/banner.h"
#include "widgets/findings_table.h"
#include "widgets/label.h"
#include "widgets/primary_button.h"
#include "widgets/run_strip.h"

namespace plimsoll::ui {

IntegrityView::IntegrityView(QWidget* parent)
    : ReportView(QStringLiteral("integrity"), tr("Findings"), parent),
      start_(new PrimaryButton(tr("Check"))),
      deep_(new QCheckBox(tr("also look at every val&ue: NaN, infinities, all zero"))),
      inspect_(new QPushButton(tr("&Show in Inspect"))) {
    inspect_->setObjectName(QStringLiteral("integrityInspect"));
    inspect_->setToolTip(tr("Shows the tensor that the current finding is about"));
    inspect_->setEnabled(false);
    start_->setObjectName(QStringLiteral("integrityStart"));
    deep_->setObjectName(QStringLiteral("integrityDeep"));
    auto* controls = new QHBoxLayout;
    controls->setSpacing(14);
    controls->addWidget(start_);
    controls->addWidget(deep_);
    controls->addStretch(1);
    controls->addWidget(inspect_);
    controls->addWidget(copy_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 14, 16, 14);
    column->setSpacing(10);
    column->addLayout(controls);
    column->addWidget(strip_);
    column->addWidget(verdict_);
    column->addWidget(table_, 1);
    column->addWidget(word_, 1);
    column->addWidget(facts_);
    connect(start_, &QPushButton::clicked, this, &IntegrityView::run);
    connect(inspect_, &QPushButton::clicked, this, &IntegrityView::chooseTensor);
    connect(table_, &FindingsTable::rowActivated, this, &IntegrityView::chooseTensor);
    connect(table_, &FindingsTable::currentRowChanged, this,
            [this] { inspect_->setEnabled(!table_->currentTensor().empty()); });
    setCheckpoint(nullptr);
}

void IntegrityView::setCheckpoint(const std::shared_ptr<const Checkpoint>& checkpoint) {
    job_.abandon();
    strip_->hide();
    path_ = checkpoint ? checkpoint->path : std::string();
    start_->setEnabled(checkpoint != nullptr);
    clearVerdict();
    showWord(
        tr("Checks headers, spans, checksums and the index against the files.\n"
           "It reads every byte; what it finds is listed here with its place."));
}

void IntegrityView::run() {
    clearVerdict();
    showWord({});
    start_->setEnabled(false);
    deep_->setEnabled(false);
    auto* job = job_.replace(new CheckJob(this));
    connect(job, &CheckJob::checked, this, [this](const auto& report) { show(*report); });
    connect(job, &CheckJob::failed, this,
            [this](const Error& error) { showFailure(error, tr("The check was stopped.")); });
    connect(job, &Job::ended, this, [this] {
        start_->setEnabled(!path_.empty());
        deep_->setEnabled(true);
    });
    strip_->follow(job, tr("Checking"));
    CheckOptions options;
    options.deep = deep_->isChecked();
    job->run(path_, options);
}

void IntegrityView::chooseTensor() {
    if (const std::string name = table_->currentTensor(); !name.empty()) emit tensorChosen(name);
}

void IntegrityView::show(const CheckReport& report) {
    QList<FindingRow> rows = rowsOf(report);
    const auto has = [&rows](FindingLevel level) {
        return std::any_of(rows.begin(), rows.end(), [level](const FindingRow& row) { return row.level == level; });
    };
    if (has(FindingLevel::Bad)) {
        verdict_->show(Banner::Kind::Error, tr("The file is damaged."));
    } else if (report.sound()) {
        // It cannot be turned while a check runs: it is what was asked for.
        verdict_->show(Banner::Kind::Good,
                       deep_->isChecked()
                           ? tr("Sound: everything was checked, and nothing is wrong.")
                           : tr("Whole: nothing is wrong with the file. Its values were not looked at."));
    } else if (has(FindingLevel::Warning)) {
        verdict_->show(Banner::Kind::Warning, tr("It can be read, but something in it deserves a look."));
    } else {
        verdict_->show(Banner::Kind::Warning, tr("Nothing wrong was found, but not everything could be checked."));
    }
    QStringList done;
    for (const std::string& what : report.done) done << toText(what);
    facts_->setText(tr("Checked: %1. Read %2.").arg(done.join(QStringLiteral("; ")), bytesText(report.bytesRead)));
    showRows(std::move(rows), tr("No findings."));
    emit reportShown();
}

}  // namespace plimsoll::ui
