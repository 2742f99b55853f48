// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

#include "plots/map_look.h"
#include "plots/plot_picture.h"

namespace plimsoll::ui {

// A colour of a map, and what it stands for.
struct MapLegendEntry {
    QString name;
    QString remark;
    int colourIndex = 0;  // of mapColour
};

// The entries in lines from left to right, as high as this width makes them. Any thread.
[[nodiscard]] int mapLegendHeight(const QList<MapLegendEntry>& entries, int width, const QFont& font);
void paintMapLegend(QPainter& painter, const QList<MapLegendEntry>& entries, int width, const MapLook& look);

// The picture of a map with the legend below it.
[[nodiscard]] PlotPicture withLegend(PlotPicture picture, const QList<MapLegendEntry>& entries, const MapLook& look);

}  // namespace plimsoll::ui
