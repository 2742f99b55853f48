// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QRectF>
#include <QString>

#include "checkpoint/tensor_part.h"
#include "plots/map_look.h"

namespace plimsoll::ui {

struct HistogramCurve {
    QString name;
    Histogram histogram;
    int colourIndex = 0;  // theme's seriesColour
};

// One histogram as bars, or two over each other: the second is an outline. All have the same bins.
struct HistogramFigure {
    QList<HistogramCurve> curves;
    bool logarithmic = false;

    [[nodiscard]] bool isEmpty() const { return curves.isEmpty() || curves.first().histogram.counts.empty(); }
    [[nodiscard]] double most() const;  // values in a bin, 1 at least
};

// Of the axes, in a picture of this size.
[[nodiscard]] QRectF histogramArea(const HistogramFigure& figure, const QSizeF& size, const QFont& font);
// `hovered`: a bin to be set off; -1: none. Any thread.
void paintHistogram(QPainter& painter, const HistogramFigure& figure, const QSizeF& size, const MapLook& look,
                    int hovered = -1);

}  // namespace plimsoll::ui
