// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/drop_overlay.h"

#include <QPainter>

#include "theme/theme.h"

namespace plimsoll::ui {

DropOverlay::DropOverlay(QWidget* parent) : QWidget(parent) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    hide();
}

void DropOverlay::setText(const QString& text) {
    text_ = text;
    update();
}

void DropOverlay::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor veil = palette().color(QPalette::Window);
    veil.setAlphaF(0.82F);
    painter.fillRect(rect(), veil);
    painter.setPen(QPen(accent(palette()), 3, Qt::DashLine));
    painter.drawRoundedRect(rect().adjusted(16, 16, -16, -16), 12, 12);
    painter.setFont(scaledFont(font(), 1.6, QFont::DemiBold));
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(rect(), Qt::AlignCenter, text_);
}

}  // namespace plimsoll::ui
