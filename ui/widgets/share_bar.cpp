// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/share_bar.h"

#include <QPainter>
#include <algorithm>

#include "theme/theme.h"

namespace plimsoll::ui {

ShareBar::ShareBar(double share, int colourIndex, QWidget* parent)
    : QWidget(parent), share_(std::clamp(share, 0.0, 1.0)), colourIndex_(colourIndex) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setMinimumWidth(60);
}

void ShareBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const QRectF track(0, (height() - 8) / 2.0, width(), 8);
    painter.setBrush(tint(hairline(palette()), palette(), 0.7));
    painter.drawRoundedRect(track, 3, 3);
    if (share_ <= 0) return;
    QRectF filled = track;
    filled.setWidth(std::max(2.0, share_ * track.width()));
    painter.setBrush(seriesColour(colourIndex_, palette()));
    painter.drawRoundedRect(filled, 3, 3);
}

}  // namespace plimsoll::ui
