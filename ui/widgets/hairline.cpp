// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/hairline.h"

#include <QPainter>

#include "theme/theme.h"

namespace plimsoll::ui {

Hairline::Hairline(QWidget* parent) : QWidget(parent) {
    setFixedWidth(1);
}

void Hairline::paintEvent(QPaintEvent*) {
    QPainter(this).fillRect(rect(), hairline(palette()));
}

}  // namespace plimsoll::ui
