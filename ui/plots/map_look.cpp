// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/map_look.h"

#include <QPainter>

#include "theme/theme.h"

namespace plimsoll::ui {

QColor mapColour(int index, const QPalette& palette) {
    const bool dark = isDark(palette);
    if (index == kUnusedColour) return tint(badColour(palette), palette, dark ? 0.75 : 0.8);
    // Paler than the grey of tensors without a colour of their own.
    if (index == kOutsideColour) return tint(mutedText(palette), palette, 0.22);
    return tint(seriesColour(index, palette), palette, dark ? 0.5 : 0.42);
}

void paintFocus(QPainter& painter, const QRect& area, const QPalette& palette) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(accent(palette), 2));
    painter.drawRect(area.adjusted(1, 1, -1, -1));
}

}  // namespace plimsoll::ui
