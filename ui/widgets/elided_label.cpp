// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/elided_label.h"

#include <QPainter>

#include "theme/theme.h"

namespace plimsoll::ui {

ElidedLabel::ElidedLabel(double fontScale, QFont::Weight weight, bool muted, QWidget* parent)
    : QWidget(parent), muted_(muted) {
    setFont(scaledFont(font(), fontScale, weight));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void ElidedLabel::setText(const QString& text) {
    text_ = text;
    setToolTip(text);
    setAccessibleName(text);
    updateGeometry();
    update();
}

QSize ElidedLabel::sizeHint() const {
    return {fontMetrics().horizontalAdvance(text_) + 4, fontMetrics().height() + 2};
}

QSize ElidedLabel::minimumSizeHint() const {
    return {60, fontMetrics().height() + 2};
}

void ElidedLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setPen(muted_ ? mutedText(palette()) : palette().color(QPalette::WindowText));
    painter.drawText(rect(), Qt::AlignVCenter | Qt::AlignLeft,
                     fontMetrics().elidedText(text_, Qt::ElideMiddle, width()));
}

}  // namespace plimsoll::ui
