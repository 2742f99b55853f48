// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>

class QPainter;

namespace plimsoll::ui {

// What a picture of bytes is painted with; copied, because it is painted on a worker thread.
struct MapLook {
    QPalette palette;
    QFont font;
    double pixelRatio = 1;
};

// Of a map's legend and parts: theme's seriesColour, or one of these.
inline constexpr int kUnusedColour = -1;   // bytes that nothing uses
inline constexpr int kOutsideColour = -2;  // headers, pickles, padding

// The frame of a map that has the keyboard while no part of it is current.
void paintFocus(QPainter& painter, const QRect& area, const QPalette& palette);

[[nodiscard]] QColor mapColour(int index, const QPalette& palette);  // of a filled area, texts are readable on it

}  // namespace plimsoll::ui
