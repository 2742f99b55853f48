// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/hairline.h"

#include <QPainter>

#include "theme/theme.h"

namespace plimsoll::ui {

Hairline::Hairline(Qt::Orientation orientation, QWidget* parent) : QWidget(parent) {
    if (orientation == Qt::Vertical)
        setFixedWidth(1);
    else
        setFixedHeight(1);
}

void Hairline::paintEvent(QPaintEvent*) {
    QPainter(this).fillRect(rect(), hairline(palette()));
}

}  // namespace plimsoll::ui
