// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/integrity/integrity_view.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "text/errors.h"
#include "text/text.h"
#include "widgets/banner.h"
#include "widgets/findings_table.h"
#include "widgets/label.h"
#include "widgets/primary_button.h"
#include "widgets/run_strip.h"

namespace plimsoll::ui {

IntegrityView::IntegrityView(QWidget* parent)
    : QWidget(parent),
      start_(new PrimaryButton(tr("Check"))),
      deep_(new QCheckBox(tr("also look at every &value: NaN, infinities, all zero"))),
      copy_(new QPushButton(tr("&Copy list"))),
      verdict_(new Banner),
      strip_(new RunStrip),
      facts_(new Label(Label::Style::Muted)),
      table_(new FindingsTable),
      hint_(new Label(Label::Style::Muted)) {
    setObjectName(QStringLiteral("integrityView"));
    buildControls();
    auto* controls = new QHBoxLayout;
    controls->setSpacing(14);
    controls->addWidget(start_);
    controls->addWidget(deep_);
    controls->addStretch(1);
    controls->addWidget(copy_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 14, 16, 14);
    column->setSpacing(10);
    column->addLayout(controls);
    column->addWidget(strip_);
    column->addWidget(verdict_);
    column->addWidget(table_, 1);
    column->addWidget(hint_, 1);
    column->addWidget(facts_);
    setCheckpoint(nullptr);
}

void IntegrityView::buildControls() {
    start_->setObjectName(QStringLiteral("integrityStart"));
    deep_->setObjectName(QStringLiteral("integrityDeep"));
    copy_->setObjectName(QStringLiteral("integrityCopy"));
    verdict_->setObjectName(QStringLiteral("integrityVerdict"));
    facts_->setObjectName(QStringLiteral("integrityFacts"));
    facts_->setWordWrap(true);
    table_->setObjectName(QStringLiteral("integrityTable"));
    table_->setAccessibleName(tr("Findings"));
    hint_->setObjectName(QStringLiteral("integrityHint"));
    hint_->setAlignment(Qt::AlignCenter);
    hint_->setWordWrap(true);
    connect(start_, &QPushButton::clicked, this, &IntegrityView::run);
    connect(copy_, &QPushButton::clicked, table_, &FindingsTable::copy);
}

void IntegrityView::setCheckpoint(const std::shared_ptr<const Checkpoint>& checkpoint) {
    job_.abandon();
    strip_->hide();
    path_ = checkpoint ? checkpoint->path : std::string();
    start_->setEnabled(checkpoint != nullptr);
    facts_->clear();
    verdict_->clear();
    showHint(
        tr("Checks headers, spans, checksums and the index against the files.\n"
           "It reads every byte; what it finds is listed here with its place."));
}

void IntegrityView::showHint(const QString& text) {
    table_->setRows({});
    table_->hide();
    hint_->setText(text);
    hint_->show();
    copy_->setEnabled(false);
}

void IntegrityView::run() {
    verdict_->clear();
    facts_->clear();
    showHint({});
    start_->setEnabled(false);
    deep_->setEnabled(false);
    auto* job = job_.replace(new CheckJob(this));
    connect(job, &CheckJob::checked, this, [this](const auto& report) { show(*report); });
    connect(job, &CheckJob::failed, this, &IntegrityView::showFailure);
    connect(job, &Job::ended, this, [this] {
        start_->setEnabled(!path_.empty());
        deep_->setEnabled(true);
    });
    strip_->follow(job, tr("Checking"));
    CheckOptions options;
    options.deep = deep_->isChecked();
    job->run(path_, options);
}

void IntegrityView::show(const CheckReport& report) {
    QList<FindingRow> rows = rowsOf(report);
    const auto has = [&rows](FindingLevel level) {
        return std::any_of(rows.begin(), rows.end(), [level](const FindingRow& row) { return row.level == level; });
    };
    if (has(FindingLevel::Bad)) {
        verdict_->show(Banner::Kind::Error, tr("The file is damaged."));
    } else if (report.sound()) {
        verdict_->show(Banner::Kind::Good, tr("Sound: everything was checked, and nothing is wrong."));
    } else if (has(FindingLevel::Warning)) {
        verdict_->show(Banner::Kind::Warning, tr("It can be read, but something in it deserves a look."));
    } else {
        verdict_->show(Banner::Kind::Warning, tr("Nothing wrong was found, but not everything could be checked."));
    }
    QStringList done;
    for (const std::string& what : report.done) done << toText(what);
    facts_->setText(tr("Checked: %1. Read %2.").arg(done.join(QStringLiteral("; ")), bytesText(report.bytesRead)));
    showHint(rows.isEmpty() ? tr("No findings.") : QString());
    if (!rows.isEmpty()) {
        table_->setRows(std::move(rows));
        table_->show();
        hint_->hide();
        copy_->setEnabled(true);
    }
    emit reportShown();
}

void IntegrityView::showFailure(const Error& error) {
    if (error.code == Errc::Cancelled) {
        showHint(tr("The check was stopped."));
    } else {
        showHint({});
        verdict_->show(Banner::Kind::Error, errorLine(error, toText(path_)));
    }
    emit reportShown();
}

}  // namespace plimsoll::ui
