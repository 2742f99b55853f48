// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/changed_bar.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>

#include "theme/theme.h"
#include "widgets/label.h"

namespace plimsoll::ui {

ChangedBar::ChangedBar(QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("changedBar"));
    auto* text = new Label(Label::Style::Body, tr("The file has changed on the disk. What is shown here may be gone."));
    auto* reload = new QPushButton(tr("Reload (F5)"));
    reload->setObjectName(QStringLiteral("changedReload"));
    auto* ignore = new QPushButton(tr("Ignore"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(14, 6, 14, 6);
    row->addWidget(text, 1);
    row->addWidget(reload);
    row->addWidget(ignore);
    connect(reload, &QPushButton::clicked, this, &ChangedBar::reloadRequested);
    connect(ignore, &QPushButton::clicked, this, &QWidget::hide);
    hide();
}

void ChangedBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), tint(warnColour(palette()), palette(), isDark(palette()) ? 0.2 : 0.14));
    painter.setPen(hairline(palette()));
    painter.drawLine(0, height() - 1, width(), height() - 1);
}

}  // namespace plimsoll::ui
