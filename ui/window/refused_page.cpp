// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/refused_page.h"

#include <QFile>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>
#include <utility>

#include "text/text.h"
#include "views/safety/safety_view.h"
#include "widgets/label.h"

namespace plimsoll::ui {

RefusedPage::RefusedPage(QWidget* parent) : QWidget(parent), headline_(new Label(Label::Style::Muted)) {
    setObjectName(QStringLiteral("refusedPage"));
    headline_->setWordWrap(true);
    auto* back = new QPushButton(tr("&Back"));
    back->setObjectName(QStringLiteral("refusedBack"));
    back->setAccessibleDescription(tr("Shows again why the file did not open"));
    connect(back, &QPushButton::clicked, this, &RefusedPage::backRequested);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(16, 14, 16, 0);
    head->setSpacing(12);
    head->addWidget(back);
    head->addWidget(headline_, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(head);
}

void RefusedPage::scan(const QString& path) {
    headline_->setText(tr("%1 did not open as a checkpoint. What its pickles would import is shown as far as they can "
                          "be followed.")
                           .arg(fileName(path)));
    stop();
    safety_ = new SafetyView;
    static_cast<QVBoxLayout*>(layout())->addWidget(safety_, 1);
    safety_->setPath(QFile::encodeName(path).toStdString());
}

void RefusedPage::stop() {
    delete std::exchange(safety_, nullptr);
}

}  // namespace plimsoll::ui
