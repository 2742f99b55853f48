// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/heatmap_painter.h"

#include <QFontMetrics>
#include <QObject>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "theme/theme.h"

namespace plimsoll::ui {
namespace {

constexpr int kScaleWidth = 14;
constexpr int kScaleHeight = 240;
constexpr int kGap = 10;
constexpr int kLeastSide = 120;

// Of the scale with its numbers.
int scaleRoom(const QFont& font) {
    return kGap + kScaleWidth + 6 + QFontMetrics(font).horizontalAdvance(QStringLiteral("-0.00012345"));
}

int markRoom(const HeatmapFigure& figure) {
    return figure.marked ? kGap + kScaleWidth : 0;
}

int scaleHeight(const HeatmapFigure& figure, const QSize& room) {
    return std::clamp(room.height() - markRoom(figure), 1, kScaleHeight);
}

void paintScale(QPainter& painter, const HeatmapFigure& figure, const QRect& bar, const MapLook& look) {
    for (int y = 0; y < bar.height(); ++y) {
        const double share = 1 - 2.0 * y / std::max(bar.height() - 1, 1);
        painter.fillRect(bar.left(), bar.top() + y, bar.width(), 1, QColor(heatmapColour(share, look.palette)));
    }
    painter.setPen(hairline(look.palette));
    painter.drawRect(bar.adjusted(0, 0, -1, -1));
    painter.setFont(look.font);
    painter.setPen(mutedText(look.palette));
    const int height = painter.fontMetrics().height();
    const auto label = [&](int y, double value) {
        painter.drawText(QRect(bar.right() + 6, y, 120, height), Qt::AlignLeft | Qt::AlignVCenter,
                         QString::number(value, 'g', 4));
    };
    label(bar.top(), figure.limit);
    label(bar.center().y() - height / 2, 0);
    label(bar.bottom() - height + 1, -figure.limit);
    if (!figure.marked) return;
    const QRect mark(bar.left(), bar.bottom() + 1 + kGap, kScaleWidth, kScaleWidth);
    painter.fillRect(mark, badColour(look.palette));
    painter.drawText(QRect(bar.right() + 6, mark.center().y() - height / 2, 120, height),
                     Qt::AlignLeft | Qt::AlignVCenter, QObject::tr("NaN, infinite"));
}

}  // namespace

QRgb heatmapColour(double share, const QPalette& palette) {
    const QColor full = seriesColour(share < 0 ? 0 : 1, palette);
    return tint(full, palette, std::min(1.0, std::fabs(share))).rgb();
}

// Pixels are square unless that would make the picture a line.
QRect heatmapArea(const HeatmapFigure& figure, const QSize& room, const QFont& font) {
    const QSize free(std::max(room.width() - scaleRoom(font), 40), room.height());
    if (figure.image.isNull()) return {QPoint(0, 0), free};
    QSize size = figure.image.size().scaled(free, Qt::KeepAspectRatio);
    const int least = std::min({kLeastSide, free.width(), free.height()});
    size = size.expandedTo({least, least}).boundedTo(free);
    return {QPoint(0, 0), size};
}

QSize heatmapSize(const HeatmapFigure& figure, const QSize& room, const QFont& font) {
    const QSize image = heatmapArea(figure, room, font).size();
    return {image.width() + scaleRoom(font), std::max(image.height(), scaleHeight(figure, room) + markRoom(figure))};
}

void paintHeatmap(QPainter& painter, const HeatmapFigure& figure, const QSize& room, const MapLook& look) {
    if (figure.image.isNull()) return;
    const QRect area = heatmapArea(figure, room, look.font);
    // Shrunk smoothly, enlarged so that each pixel keeps its edges.
    painter.setRenderHint(QPainter::SmoothPixmapTransform, area.width() < figure.image.width());
    painter.drawImage(area, figure.image);
    painter.setPen(hairline(look.palette));
    painter.drawRect(area.adjusted(0, 0, -1, -1));
    paintScale(painter, figure, QRect(area.right() + kGap, 0, kScaleWidth, scaleHeight(figure, room)), look);
}

}  // namespace plimsoll::ui
