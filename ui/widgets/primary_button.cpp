// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/primary_button.h"

#include <QPainter>

#include "theme/theme.h"

namespace plimsoll::ui {

PrimaryButton::PrimaryButton(const QString& text, QWidget* parent) : QPushButton(text, parent) {
    setAttribute(Qt::WA_Hover);
    setMinimumWidth(130);
    setAutoDefault(true);  // Enter presses it, as Space does
}

void PrimaryButton::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor fill = accent(palette());
    QColor ink = palette().color(QPalette::HighlightedText);
    if (!isEnabled()) {
        fill = hairline(palette());
        ink = palette().color(QPalette::Disabled, QPalette::ButtonText);
    } else if (isDown()) {
        fill = fill.darker(118);
    } else if (underMouse()) {
        fill = fill.lighter(112);
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    if (hasFocus()) {
        painter.setPen(QPen(ink, 1, Qt::DotLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(3.5, 3.5, -3.5, -3.5), 2, 2);
    }
    painter.setPen(ink);
    painter.setFont(scaledFont(font(), 1.0, isEnabled() ? QFont::DemiBold : QFont::Normal));
    painter.drawText(rect(), Qt::AlignCenter | Qt::TextShowMnemonic, text());
}

}  // namespace plimsoll::ui
