// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/compare/compare_start.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QMenu>
#include <QPushButton>
#include <QVBoxLayout>

#include "io/address.h"
#include "text/text.h"
#include "widgets/label.h"
#include "widgets/link_button.h"
#include "widgets/primary_button.h"
#include "window/recent_files.h"

namespace plimsoll::ui {
namespace {
constexpr int kWidth = 520;
constexpr qsizetype kMost = 8;
}  // namespace

CompareStart::CompareStart(QWidget* parent) : QWidget(parent), rows_(new QVBoxLayout) {
    setObjectName(QStringLiteral("compareStart"));
    auto* title = new Label(Label::Style::Title, tr("Compare with another checkpoint"));
    title->setAlignment(Qt::AlignCenter);
    auto* hint = new Label(Label::Style::Muted,
                           tr("Tensors are paired by name, whatever the formats: which are the same, changed, added or "
                              "removed. Values are read when you ask for it."));
    hint->setAlignment(Qt::AlignCenter);
    hint->setWordWrap(true);
    auto* file = new PrimaryButton(tr("&Choose a file…"));
    file->setObjectName(QStringLiteral("compareFile"));
    auto* folder = new QPushButton(tr("Choose a f&older…"));
    folder->setObjectName(QStringLiteral("compareFolder"));
    connect(file, &QPushButton::clicked, this, &CompareStart::askForFile);
    connect(folder, &QPushButton::clicked, this, &CompareStart::askForFolder);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(file);
    buttons->addWidget(folder);
    buttons->addStretch(1);
    rows_->setSpacing(0);
    rows_->setContentsMargins(0, 10, 0, 0);
    auto* box = new QWidget;
    box->setFixedWidth(kWidth);
    auto* column = new QVBoxLayout(box);
    column->setSpacing(12);
    column->addWidget(title);
    column->addWidget(hint);
    column->addLayout(buttons);
    column->addLayout(rows_);
    auto* middle = new QHBoxLayout;
    middle->addStretch(1);
    middle->addWidget(box);
    middle->addStretch(1);
    auto* page = new QVBoxLayout(this);
    page->addStretch(2);
    page->addLayout(middle);
    page->addStretch(3);
}

void CompareStart::setPath(const QString& path) {
    path_ = path;
    refresh();
}

void CompareStart::showEvent(QShowEvent* event) {
    refresh();
    QWidget::showEvent(event);
}

// Open ones first, then recent ones; none twice.
QList<OtherCheckpoint> CompareStart::offered() const {
    QList<OtherCheckpoint> result;
    QStringList seen{path_};
    const auto add = [&](const OtherCheckpoint& other) {
        if (seen.contains(other.path) || result.size() >= kMost) return;
        seen << other.path;
        result << other;
    };
    if (others_)
        for (const OtherCheckpoint& other : others_()) add(other);
    for (const QString& path : recentFiles::list()) add({path, nullptr});
    return result;
}

void CompareStart::refresh() {
    while (QLayoutItem* item = rows_->takeAt(0)) {
        if (item->widget() != nullptr) item->widget()->deleteLater();
        delete item;
    }
    if (path_.isEmpty()) return;
    for (const bool open : {true, false}) {
        bool headed = false;
        for (const OtherCheckpoint& other : offered()) {
            if ((other.checkpoint != nullptr) != open) continue;
            if (!headed) {
                auto* heading = new Label(Label::Style::Heading, open ? tr("In other tabs") : tr("Recent"));
                heading->setIndent(LinkButton::kPad);
                rows_->addWidget(heading);
            }
            headed = true;
            auto* row = new LinkButton(fileName(other.path), shortFolder(other.path));
            row->setToolTip(other.path);
            connect(row, &LinkButton::clicked, this, [this, other] { emit chosen(other); });
            rows_->addWidget(row);
        }
        if (headed) rows_->addSpacing(8);
    }
}

void CompareStart::fill(QMenu& menu) {
    for (const OtherCheckpoint& other : offered()) {
        QString name = QStringLiteral("%1  (%2)").arg(fileName(other.path), shortFolder(other.path));
        name.replace(QLatin1Char('&'), QStringLiteral("&&"));
        menu.addAction(name, this, [this, other] { emit chosen(other); });
    }
    menu.addSeparator();
    menu.addAction(tr("&Choose a file…"), this, &CompareStart::askForFile);
    menu.addAction(tr("Choose a f&older…"), this, &CompareStart::askForFolder);
}

void CompareStart::askForFile() {
    const QString folder = isAddress(path_.toStdString()) ? QString() : QFileInfo(path_).absolutePath();
    const QString path = QFileDialog::getOpenFileName(this, tr("Compare with"), folder);
    if (!path.isEmpty()) emit chosen({absolutePath(path), nullptr});
}

void CompareStart::askForFolder() {
    const QString path = QFileDialog::getExistingDirectory(this, tr("Compare with the checkpoint in a folder"));
    if (!path.isEmpty()) emit chosen({absolutePath(path), nullptr});
}

}  // namespace plimsoll::ui
