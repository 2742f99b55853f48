// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/loading_page.h"

#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

#include "text/text.h"
#include "widgets/label.h"

namespace plimsoll::ui {

LoadingPage::LoadingPage(QWidget* parent) : QWidget(parent), text_(new Label(Label::Style::Heading)) {
    setObjectName(QStringLiteral("loadingPage"));
    auto* page = new QVBoxLayout(this);
    auto* bar = new QProgressBar;
    bar->setRange(0, 0);
    bar->setTextVisible(false);
    bar->setFixedWidth(320);
    auto* cancel = new QPushButton(tr("Cancel"));
    connect(cancel, &QPushButton::clicked, this, &LoadingPage::cancelRequested);
    page->addStretch(2);
    page->addWidget(text_, 0, Qt::AlignHCenter);
    page->addWidget(bar, 0, Qt::AlignHCenter);
    page->addWidget(cancel, 0, Qt::AlignHCenter);
    page->addStretch(3);
}

void LoadingPage::setFile(const QString& path) {
    text_->setText(tr("Opening %1").arg(fileName(path)));
}

}  // namespace plimsoll::ui
