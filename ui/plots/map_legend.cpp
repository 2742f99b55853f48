// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/map_legend.h"

#include <QFontMetrics>
#include <QPainter>
#include <utility>

#include "theme/theme.h"

namespace plimsoll::ui {
namespace {

constexpr int kSwatch = 12;
constexpr int kGap = 6;      // between swatch, name and remark
constexpr int kApart = 18;   // between entries
constexpr int kMargin = 10;  // around a legend in a picture

int lineHeight(const QFontMetrics& metrics) {
    return metrics.height() + 4;
}

// Calls `place` with each entry and where it begins; answers how many lines there are.
template <class Place>
int layOut(const QList<MapLegendEntry>& entries, int width, const QFontMetrics& metrics, Place place) {
    int x = 0;
    int line = 0;
    for (const MapLegendEntry& entry : entries) {
        const int needed =
            kSwatch + kGap + metrics.horizontalAdvance(entry.name) + kGap + metrics.horizontalAdvance(entry.remark);
        if (x > 0 && x + needed > width) {
            x = 0;
            ++line;
        }
        place(entry, QRect(x, line * lineHeight(metrics), needed, lineHeight(metrics)));
        x += needed + kApart;
    }
    return entries.isEmpty() ? 0 : line + 1;
}

}  // namespace

int mapLegendHeight(const QList<MapLegendEntry>& entries, int width, const QFont& font) {
    const QFontMetrics metrics(font);
    return layOut(entries, width, metrics, [](const MapLegendEntry&, const QRect&) {}) * lineHeight(metrics);
}

void paintMapLegend(QPainter& painter, const QList<MapLegendEntry>& entries, int width, const MapLook& look) {
    const QFontMetrics metrics(look.font);
    painter.setFont(look.font);
    layOut(entries, width, metrics, [&](const MapLegendEntry& entry, const QRect& area) {
        const QRect swatch(area.left(), area.top() + (area.height() - kSwatch) / 2, kSwatch, kSwatch);
        painter.fillRect(swatch, mapColour(entry.colourIndex, look.palette));
        painter.setPen(hairline(look.palette));
        painter.drawRect(swatch.adjusted(0, 0, -1, -1));
        const QRect name = area.adjusted(kSwatch + kGap, 0, 0, 0);
        const int flags = Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip;
        painter.setPen(look.palette.color(QPalette::WindowText));
        painter.drawText(name, flags, entry.name);
        painter.setPen(mutedText(look.palette));
        painter.drawText(name.adjusted(metrics.horizontalAdvance(entry.name) + kGap, 0, 0, 0), flags, entry.remark);
    });
}

PlotPicture withLegend(PlotPicture picture, const QList<MapLegendEntry>& entries, const MapLook& look) {
    if (picture.isEmpty() || entries.isEmpty()) return picture;
    const int width = picture.size.width() - 2 * kMargin;
    const int below = picture.size.height();
    picture.size.rheight() += mapLegendHeight(entries, width, look.font) + 2 * kMargin;
    picture.paint = [map = std::move(picture.paint), entries, look, width, below](QPainter& painter) {
        map(painter);
        painter.translate(kMargin, below + kMargin);
        paintMapLegend(painter, entries, width, look);
    };
    return picture;
}

}  // namespace plimsoll::ui
