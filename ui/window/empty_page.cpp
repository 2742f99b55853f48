// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/empty_page.h"

#include <QHBoxLayout>
#include <QIcon>
#include <QPushButton>
#include <QVBoxLayout>

#include "text/text.h"
#include "widgets/label.h"
#include "widgets/link_button.h"
#include "widgets/primary_button.h"

namespace plimsoll::ui {
namespace {
constexpr int kShown = 6;
constexpr int kWidth = 520;
}  // namespace

EmptyPage::EmptyPage(QWidget* parent) : QWidget(parent), recent_(new QWidget(this)) {
    setObjectName(QStringLiteral("emptyPage"));
    auto* column = new QVBoxLayout;
    column->setSpacing(10);

    auto* mark = new QLabel;
    mark->setPixmap(QIcon(QStringLiteral(":/icons/plimsoll.svg")).pixmap(96, 96));
    mark->setAlignment(Qt::AlignCenter);
    column->addWidget(mark);
    column->addSpacing(6);
    auto* title = new Label(Label::Style::Title, tr("Open a checkpoint"));
    title->setAlignment(Qt::AlignCenter);
    column->addWidget(title);
    auto* hint =
        new Label(Label::Style::Muted,
                  tr("Drop files or folders anywhere in this window: .pth, .pt, .bin, .ckpt, .safetensors, .gguf, "
                     ".npz, an index.json with its shards, or a distributed checkpoint.\n"
                     "Only headers are read: no code is run and no weights are loaded."));
    hint->setAlignment(Qt::AlignCenter);
    hint->setWordWrap(true);
    column->addWidget(hint);
    column->addSpacing(6);
    auto* open = new PrimaryButton(tr("&Open…"));
    open->setObjectName(QStringLiteral("emptyOpen"));
    connect(open, &QPushButton::clicked, this, &EmptyPage::openRequested);
    auto* folder = new QPushButton(tr("Open fol&der…"));
    folder->setObjectName(QStringLiteral("emptyFolder"));
    connect(folder, &QPushButton::clicked, this, &EmptyPage::folderRequested);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(10);
    buttons->addStretch(1);
    buttons->addWidget(open);
    buttons->addWidget(folder);
    buttons->addStretch(1);
    column->addLayout(buttons);

    auto* recentColumn = new QVBoxLayout(recent_);
    recentColumn->setContentsMargins(0, 18, 0, 0);
    recentColumn->setSpacing(2);
    auto* heading = new Label(Label::Style::Heading, tr("Recent"));
    heading->setIndent(LinkButton::kPad);
    recentColumn->addWidget(heading);
    recentRows_ = new QVBoxLayout;
    recentRows_->setSpacing(0);
    recentColumn->addLayout(recentRows_);
    column->addWidget(recent_);

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
    setRecent({});
}

void EmptyPage::setRecent(const QStringList& paths) {
    while (QLayoutItem* item = recentRows_->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const QString& path : paths.mid(0, kShown)) {
        auto* row = new LinkButton(fileName(path), shortFolder(path));
        row->setToolTip(path);
        connect(row, &LinkButton::clicked, this, [this, path] { emit fileChosen(path); });
        recentRows_->addWidget(row);
    }
    recent_->setVisible(!paths.isEmpty());
}

}  // namespace plimsoll::ui
