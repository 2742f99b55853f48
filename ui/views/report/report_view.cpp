// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/report/report_view.h"

#include <QPushButton>
#include <utility>

#include "text/errors.h"
#include "text/text.h"
#include "widgets/banner.h"
#include "widgets/findings_table.h"
#include "widgets/label.h"
#include "widgets/run_strip.h"

namespace plimsoll::ui {

ReportView::ReportView(const QString& name, const QString& tableName, QWidget* parent)
    : QWidget(parent),
      verdict_(new Banner),
      strip_(new RunStrip),
      facts_(new Label(Label::Style::Muted)),
      table_(new FindingsTable),
      word_(new Label(Label::Style::Muted)),
      copy_(new QPushButton(tr("&Copy list"))) {
    setObjectName(name + QStringLiteral("View"));
    verdict_->setObjectName(name + QStringLiteral("Verdict"));
    facts_->setObjectName(name + QStringLiteral("Facts"));
    facts_->setWordWrap(true);
    table_->setObjectName(name + QStringLiteral("Table"));
    table_->setAccessibleName(tableName);
    word_->setObjectName(name + QStringLiteral("Hint"));
    word_->setAlignment(Qt::AlignCenter);
    word_->setWordWrap(true);
    copy_->setObjectName(name + QStringLiteral("Copy"));
    connect(copy_, &QPushButton::clicked, table_, &FindingsTable::copy);
}

ReportView::~ReportView() = default;

void ReportView::clearVerdict() {
    verdict_->clear();
    facts_->clear();
}

void ReportView::showWord(const QString& text) {
    table_->setRows({});
    table_->hide();
    word_->setText(text);
    word_->show();
    copy_->setEnabled(false);
}

void ReportView::showRows(QList<FindingRow> rows, const QString& wordForNone) {
    if (rows.isEmpty()) {
        showWord(wordForNone);
        return;
    }
    table_->setRows(std::move(rows));
    table_->show();
    word_->hide();
    copy_->setEnabled(true);
}

void ReportView::showFailure(const Error& error, const QString& stopped) {
    const bool wasStopped = error.code == Errc::Cancelled;
    showWord(wasStopped ? stopped : QString());
    if (!wasStopped) verdict_->show(Banner::Kind::Error, errorLine(error, toText(path_)));
    emit reportShown();
}

}  // namespace plimsoll::ui
