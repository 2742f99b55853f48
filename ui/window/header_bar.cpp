// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/header_bar.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QVBoxLayout>

#include "theme/theme.h"
#include "widgets/elided_label.h"
#include "widgets/view_switch.h"

namespace plimsoll::ui {

HeaderBar::HeaderBar(QWidget* parent)
    : QWidget(parent),
      title_(new ElidedLabel(1.2, QFont::DemiBold, false)),
      summary_(new ElidedLabel(1.0, QFont::Normal, true)),
      switch_(new ViewSwitch) {
    setObjectName(QStringLiteral("headerBar"));
    title_->setObjectName(QStringLiteral("fileTitle"));
    summary_->setObjectName(QStringLiteral("fileSummary"));
    switch_->setObjectName(QStringLiteral("viewSwitch"));
    auto* words = new QVBoxLayout;
    words->setSpacing(1);
    words->addWidget(title_);
    words->addWidget(summary_);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(14, 8, 14, 9);
    row->setSpacing(20);
    row->addLayout(words, 1);
    row->addWidget(switch_, 0, Qt::AlignVCenter);
}

void HeaderBar::setFile(const QString& title, const QString& summary, const QString& path) {
    title_->setText(title);
    summary_->setText(summary);
    title_->setToolTip(path);
}

void HeaderBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    painter.setPen(hairline(palette()));
    painter.drawLine(0, height() - 1, width(), height() - 1);
}

}  // namespace plimsoll::ui
