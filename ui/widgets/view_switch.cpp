// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/view_switch.h"

#include <QMouseEvent>
#include <QPainter>

#include "theme/theme.h"

namespace plimsoll::ui {

ViewSwitch::ViewSwitch(QWidget* parent) : QTabBar(parent) {
    setDrawBase(false);
    setExpanding(false);
    setMouseTracking(true);
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(tr("View"));
}

QSize ViewSwitch::tabSizeHint(int index) const {
    const QFontMetrics metrics(scaledFont(font(), 1.0, QFont::DemiBold));
    return {metrics.horizontalAdvance(tabText(index)) + 34, metrics.height() + 14};
}

void ViewSwitch::paintEvent(QPaintEvent*) {
    if (count() == 0) return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QPalette& colours = palette();
    QRectF all = tabRect(0);
    for (int i = 1; i < count(); ++i) all = all.united(tabRect(i));
    all.adjust(0.5, 0.5, -0.5, -0.5);
    painter.setPen(QPen(hairline(colours), 1));
    painter.setBrush(tint(hairline(colours), colours, 0.35));
    painter.drawRoundedRect(all, 6, 6);
    for (int i = 0; i < count(); ++i) {
        const QRectF cell = QRectF(tabRect(i)).adjusted(2.5, 2.5, -2.5, -2.5);
        const bool current = i == currentIndex() && isEnabled();
        QColor ink = colours.color(isEnabled() ? QPalette::Active : QPalette::Disabled, QPalette::WindowText);
        if (current) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(accent(colours));
            painter.drawRoundedRect(cell, 4, 4);
            ink = colours.color(QPalette::HighlightedText);
        } else if (i == hovered_ && isEnabled()) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(tint(accent(colours), colours, 0.14));
            painter.drawRoundedRect(cell, 4, 4);
        }
        if (current && hasFocus()) {
            painter.setPen(QPen(colours.color(QPalette::HighlightedText), 1, Qt::DotLine));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(cell.adjusted(2, 2, -2, -2), 3, 3);
        }
        painter.setFont(scaledFont(font(), 1.0, current ? QFont::DemiBold : QFont::Normal));
        painter.setPen(ink);
        painter.drawText(cell, Qt::AlignCenter, tabText(i));
    }
}

void ViewSwitch::mouseMoveEvent(QMouseEvent* event) {
    const int now = tabAt(event->pos());
    if (now != hovered_) {
        hovered_ = now;
        update();
    }
    QTabBar::mouseMoveEvent(event);
}

void ViewSwitch::leaveEvent(QEvent* event) {
    hovered_ = -1;
    update();
    QTabBar::leaveEvent(event);
}

}  // namespace plimsoll::ui
