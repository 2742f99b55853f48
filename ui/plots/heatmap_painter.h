// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QRect>

#include "plots/map_look.h"

namespace plimsoll::ui {

// Values in colours: one hue below zero, another above, the base colour at zero, NaN and infinities marked; with the
// scale of the colours at the right.
struct HeatmapFigure {
    QImage image;         // a pixel for each value or more of them
    double limit = 1;     // full colour from here on
    bool marked = false;  // something in it is NaN or infinite
};

[[nodiscard]] QRgb heatmapColour(double share, const QPalette& palette);  // -1..1
// Of the image in this room, as large as it fits.
[[nodiscard]] QRect heatmapArea(const HeatmapFigure& figure, const QSize& room, const QFont& font);
// What the image and its scale take of this room.
[[nodiscard]] QSize heatmapSize(const HeatmapFigure& figure, const QSize& room, const QFont& font);
// Any thread.
void paintHeatmap(QPainter& painter, const HeatmapFigure& figure, const QSize& room, const MapLook& look);

}  // namespace plimsoll::ui
