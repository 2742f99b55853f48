// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/link_button.h"

#include <QPainter>
#include <algorithm>

#include "theme/theme.h"

namespace plimsoll::ui {
namespace {
constexpr int kGap = 14;
}  // namespace

LinkButton::LinkButton(const QString& text, const QString& remark, QWidget* parent)
    : QAbstractButton(parent), remark_(remark) {
    setText(text);
    setAccessibleName(text + QLatin1Char(' ') + remark);
    setCursor(Qt::PointingHandCursor);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize LinkButton::sizeHint() const {
    const int width = fontMetrics().horizontalAdvance(text()) + fontMetrics().horizontalAdvance(remark_);
    return {width + kGap + 2 * kPad, fontMetrics().height() + 8};
}

QSize LinkButton::minimumSizeHint() const {
    return {80, sizeHint().height()};
}

void LinkButton::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (underMouse() || hasFocus()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(tint(accent(palette()), palette(), 0.12));
        painter.drawRoundedRect(rect(), 4, 4);
    }
    const QRect inside = rect().adjusted(kPad, 0, -kPad, 0);
    const int remarkWidth = remark_.isEmpty() ? 0 : fontMetrics().horizontalAdvance(remark_) + kGap;
    const int room = std::max(inside.width() - remarkWidth, inside.width() / 2);
    const int width = std::min(fontMetrics().horizontalAdvance(text()) + 2, room);
    painter.setPen(palette().color(QPalette::Link));
    painter.drawText(inside, Qt::AlignVCenter | Qt::AlignLeft,
                     fontMetrics().elidedText(text(), Qt::ElideMiddle, width));
    const QRect rest = inside.adjusted(width + kGap, 0, 0, 0);
    painter.setPen(mutedText(palette()));
    painter.drawText(rest, Qt::AlignVCenter | Qt::AlignRight,
                     fontMetrics().elidedText(remark_, Qt::ElideMiddle, rest.width()));
}

void LinkButton::enterEvent(QEnterEvent* event) {
    update();
    QAbstractButton::enterEvent(event);
}

void LinkButton::leaveEvent(QEvent* event) {
    update();
    QAbstractButton::leaveEvent(event);
}

}  // namespace plimsoll::ui
