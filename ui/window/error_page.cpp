// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/error_page.h"

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "text/errors.h"
#include "text/text.h"
#include "widgets/banner.h"
#include "widgets/fact_grid.h"
#include "widgets/label.h"
#include "widgets/link_button.h"

namespace plimsoll::ui {
namespace {
constexpr int kWidth = 680;
constexpr qsizetype kMostChoices = 8;
}  // namespace

ErrorPage::ErrorPage(QWidget* parent)
    : QWidget(parent),
      headline_(new Label(Label::Style::Title)),
      facts_(new FactGrid),
      globals_(new Banner),
      scan_(new QPushButton(tr("&Scan for unsafe content"))),
      choices_(new QVBoxLayout) {
    setObjectName(QStringLiteral("errorPage"));
    auto* column = new QVBoxLayout;
    column->setSpacing(16);
    headline_->setObjectName(QStringLiteral("errorHeadline"));
    headline_->setWordWrap(true);
    column->addWidget(headline_);
    facts_->setObjectName(QStringLiteral("errorFacts"));
    column->addWidget(facts_);
    choices_->setSpacing(0);
    column->addLayout(choices_);
    column->addWidget(globals_);
    auto* buttons = new QHBoxLayout;
    auto* retry = new QPushButton(tr("&Try again"));
    retry->setObjectName(QStringLiteral("errorRetry"));
    auto* open = new QPushButton(tr("&Open another file…"));
    auto* copy = new QPushButton(tr("&Copy details"));
    copy->setObjectName(QStringLiteral("errorCopy"));
    connect(retry, &QPushButton::clicked, this, &ErrorPage::retryRequested);
    connect(open, &QPushButton::clicked, this, &ErrorPage::openRequested);
    connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(details_); });
    scan_->setObjectName(QStringLiteral("errorScan"));
    scan_->setToolTip(tr("Lists what loading the file in Python would import. Nothing is executed."));
    connect(scan_, &QPushButton::clicked, this, &ErrorPage::scanRequested);
    for (QPushButton* button : {retry, open, scan_, copy}) buttons->addWidget(button);
    buttons->addStretch(1);
    column->addSpacing(4);
    column->addLayout(buttons);

    auto* box = new QWidget;
    box->setLayout(column);
    box->setFixedWidth(kWidth);
    auto* page = new QVBoxLayout(this);
    page->addStretch(2);
    auto* middle = new QHBoxLayout;  // not an alignment: that would ignore the height that wrapped text needs
    middle->addStretch(1);
    middle->addWidget(box);
    middle->addStretch(1);
    page->addLayout(middle);
    page->addStretch(3);
}

void ErrorPage::offer(const QStringList& paths, const QString& folder) {
    while (QLayoutItem* item = choices_->takeAt(0)) {
        if (item->widget() != nullptr) item->widget()->deleteLater();
        delete item;
    }
    for (const QString& path : paths.mid(0, kMostChoices)) {
        const auto bytes = static_cast<std::uint64_t>(QFileInfo(path).size());
        auto* row = new LinkButton(QDir(folder).relativeFilePath(path), bytesText(bytes));
        row->setToolTip(path);
        connect(row, &LinkButton::clicked, this, [this, path] { emit fileChosen(path); });
        choices_->addWidget(row);
    }
    if (paths.size() <= kMostChoices) return;
    auto* more = new Label(Label::Style::Muted, tr("and %1 more").arg(paths.size() - kMostChoices));
    more->setIndent(LinkButton::kPad);
    choices_->addWidget(more);
}

void ErrorPage::setFailure(const OpenFailure& failure) {
    ErrorText text = explain(failure.error, failure.path);
    if (!failure.choices.isEmpty()) {
        text.headline = tr("This folder holds several checkpoints");
        text.found.clear();  // the list of them, which is offered below
        text.advice = tr("Open one of them.");
    }
    headline_->setText(text.headline);
    facts_->clear();
    details_ = text.headline + QLatin1Char('\n');
    const auto add = [this](const QString& caption, const QString& value, bool mono = false) {
        if (value.isEmpty()) return;
        facts_->addRow(caption, value, mono);
        details_ += caption + QStringLiteral(": ") + value + QLatin1Char('\n');
    };
    const QFileInfo info(text.file);
    add(tr("File"), text.file, true);
    // Where there is nothing to read, there is nothing to scan.
    scan_->setVisible(info.isFile() || info.isDir());
    if (info.isFile()) add(tr("Its size"), exactBytesText(static_cast<std::uint64_t>(info.size())));
    add(tr("Where"), text.place);
    add(tr("What was found"), text.found);
    add(tr("What was expected"), text.expected);
    add(tr("What to do"), text.advice);
    offer(failure.choices, text.file);

    QStringList names;
    bool dangerous = false;
    for (const GlobalRef& global : failure.globals) {
        if (global.verdict == Verdict::Safe) continue;
        dangerous = dangerous || global.verdict == Verdict::Dangerous;
        names << toText(global.module) + QLatin1Char('.') + toText(global.name);
    }
    if (names.isEmpty()) {
        globals_->clear();
    } else {
        const QString list = names.mid(0, 8).join(QStringLiteral(", "));
        globals_->show(
            dangerous ? Banner::Kind::Error : Banner::Kind::Warning,
            dangerous ? tr("Up to this point its pickle asks for %1. Loading it in Python would run code.").arg(list)
                      : tr("Up to this point its pickle asks for names outside PyTorch's safe list: %1.").arg(list));
        details_ += globals_->text() + QLatin1Char('\n');
    }
}

}  // namespace plimsoll::ui
