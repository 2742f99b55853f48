// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>

#include "models/tensor_colours.h"
#include "models/treemap_layout.h"
#include "plots/map_look.h"

class QPainter;

namespace plimsoll::ui {

// The name that a cell bears: "h.3", "12 more".
[[nodiscard]] QString cellName(const Treemap& map, const TreemapCell& cell);

// Draws a treemap. Any thread.
void paintTreemap(QPainter& painter, const Treemap& map, const TensorColours& colours, const MapLook& look);
[[nodiscard]] QImage paintTreemap(const Treemap& map, const TensorColours& colours, const MapLook& look);

}  // namespace plimsoll::ui
