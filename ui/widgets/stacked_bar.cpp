// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/stacked_bar.h"

#include <QPainter>
#include <QPainterPath>

#include "theme/theme.h"

namespace plimsoll::ui {

StackedBar::StackedBar(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void StackedBar::setParts(const QList<Part>& parts) {
    parts_ = parts;
    update();
}

void StackedBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath outline;
    outline.addRoundedRect(rect(), 4, 4);
    painter.setClipPath(outline);
    painter.fillRect(rect(), tint(hairline(palette()), palette(), 0.6));
    double x = 0;
    for (const Part& part : parts_) {
        const double width = part.share * this->width();
        painter.fillRect(QRectF(x, 0, width, height()),
                         part.colourIndex < 0 ? accent(palette()) : seriesColour(part.colourIndex, palette()));
        x += width;
    }
}

Swatch::Swatch(int colourIndex, QWidget* parent) : QWidget(parent), colourIndex_(colourIndex) {
    setFixedSize(sizeHint());
}

void Swatch::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(seriesColour(colourIndex_, palette()));
    painter.drawRoundedRect(rect().adjusted(1, 1, -1, -1), 2, 2);
}

}  // namespace plimsoll::ui
