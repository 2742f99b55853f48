// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/histogram_painter.h"

#include <QFontMetrics>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "text/text.h"
#include "theme/theme.h"

namespace plimsoll::ui {
namespace {

constexpr int kMargin = 8;
constexpr int kTicks = 5;
constexpr double kLeastSplit = 6;  // pixels of a bar from which on there is a gap beside it
constexpr int kNameGap = 28;

// 1, 2 or 5 times a power of ten, for about so many steps.
double roundStep(double range, int steps) {
    if (!(range > 0)) return 1;
    const double rough = range / steps;
    const double unit = std::pow(10.0, std::floor(std::log10(rough)));
    const double times = rough / unit;
    return unit * (times > 5 ? 10 : times > 2 ? 5 : times > 1 ? 2 : 1);
}

QString tickText(double value, double step) {
    return QString::number(std::fabs(value) < step / 2 ? 0.0 : value, 'g', 4);
}

class HistogramPainter {
public:
    HistogramPainter(QPainter& painter, const HistogramFigure& figure, const QRectF& area, const QPalette& palette,
                     int hovered)
        : painter_(painter), figure_(figure), area_(area), palette_(palette), most_(figure.most()), hovered_(hovered) {}

    void paint() {
        paintGrid();
        paintBars(figure_.curves.first());
        for (const HistogramCurve& curve : figure_.curves.mid(1)) paintOutline(curve);
        if (figure_.curves.size() > 1) paintNames();
    }

private:
    // 0..1 of the area.
    [[nodiscard]] double heightOf(double count) const {
        if (!figure_.logarithmic) return count / (most_ * 1.05);
        return count <= 0 ? 0 : (std::log10(count) + 0.3) / (std::log10(most_) + 0.6);
    }

    void paintGrid() {
        const QColor line = tint(hairline(palette_), palette_, 0.7);
        const auto mark = [&](double count) {
            const double y = area_.bottom() - heightOf(count) * area_.height();
            painter_.setPen(line);
            painter_.drawLine(QPointF(area_.left(), y), QPointF(area_.right(), y));
            painter_.setPen(mutedText(palette_));
            painter_.drawText(QRectF(0, y - 10, area_.left() - 6, 20), Qt::AlignRight | Qt::AlignVCenter,
                              roundCountText(static_cast<std::uint64_t>(count)));
        };
        if (figure_.logarithmic) {
            const int decades = static_cast<int>(std::floor(std::log10(most_)));
            const int every = decades / kTicks + 1;
            for (int decade = 0; decade <= decades; decade += every) mark(std::pow(10.0, decade));
        } else {
            const double step = std::max(1.0, roundStep(most_, kTicks));
            for (int i = 0; i * step <= most_; ++i) mark(i * step);
        }
        const Histogram& histogram = figure_.curves.first().histogram;
        const double range = histogram.high - histogram.low;
        const double step = roundStep(range, kTicks);
        painter_.setPen(mutedText(palette_));
        if (!(range > 0) || !std::isfinite(range)) {
            painter_.drawText(QRectF(area_.left(), area_.bottom() + 3, area_.width(), 20),
                              Qt::AlignHCenter | Qt::AlignTop, tickText(histogram.low, 0));
            return;
        }
        // Counted, not added up: beside a large number a small step changes nothing.
        const double first = std::ceil(histogram.low / step) * step;
        for (int i = 0; i <= 2 * kTicks && first + i * step <= histogram.high; ++i) {
            const double tick = first + i * step;
            const double x = area_.left() + (tick - histogram.low) / range * area_.width();
            painter_.drawLine(QPointF(x, area_.bottom()), QPointF(x, area_.bottom() + 3));
            painter_.drawText(QRectF(x - 60, area_.bottom() + 3, 120, 20), Qt::AlignHCenter | Qt::AlignTop,
                              tickText(tick, step));
        }
    }

    void paintBars(const HistogramCurve& curve) {
        const QColor colour = seriesColour(curve.colourIndex, palette_);
        const auto bins = static_cast<double>(curve.histogram.counts.size());
        const double gap = area_.width() / bins >= kLeastSplit ? 1 : 0;
        for (std::size_t i = 0; i < curve.histogram.counts.size(); ++i) {
            const double height = heightOf(static_cast<double>(curve.histogram.counts[i])) * area_.height();
            if (height <= 0) continue;
            // Whole pixels: half covered ones between the bars would be a pattern of their own.
            const double left = std::round(area_.left() + static_cast<double>(i) / bins * area_.width());
            const double right = std::round(area_.left() + static_cast<double>(i + 1) / bins * area_.width());
            const bool hovered = static_cast<int>(i) == hovered_;
            // A bin of one value among millions is still seen.
            painter_.fillRect(QRectF(left, area_.bottom() - std::max(height, 1.0), std::max(right - left - gap, 1.0),
                                     std::max(height, 1.0)),
                              hovered ? colour : tint(colour, palette_, figure_.curves.size() > 1 ? 0.55 : 0.8));
        }
    }

    void paintOutline(const HistogramCurve& curve) {
        QPolygonF steps;
        const auto bins = static_cast<double>(curve.histogram.counts.size());
        for (std::size_t i = 0; i < curve.histogram.counts.size(); ++i) {
            const double y = area_.bottom() - heightOf(static_cast<double>(curve.histogram.counts[i])) * area_.height();
            steps << QPointF(area_.left() + static_cast<double>(i) / bins * area_.width(), y)
                  << QPointF(area_.left() + static_cast<double>(i + 1) / bins * area_.width(), y);
        }
        painter_.setPen(QPen(seriesColour(curve.colourIndex, palette_), 1.6));
        painter_.drawPolyline(steps);
    }

    void paintNames() {
        double x = area_.left();
        const int height = painter_.fontMetrics().height();
        for (const HistogramCurve& curve : figure_.curves) {
            painter_.fillRect(QRectF(x, 4 + height / 2.0 - 4, 12, 8), seriesColour(curve.colourIndex, palette_));
            painter_.setPen(palette_.color(QPalette::WindowText));
            const QString name = painter_.fontMetrics().elidedText(curve.name, Qt::ElideMiddle,
                                                                   static_cast<int>(area_.width() / 2) - 30);
            painter_.drawText(QRectF(x + 18, 4, area_.width() / 2, height), Qt::AlignLeft | Qt::AlignVCenter, name);
            x += 18 + painter_.fontMetrics().horizontalAdvance(name) + kNameGap;
        }
    }

    QPainter& painter_;
    const HistogramFigure& figure_;
    QRectF area_;
    const QPalette& palette_;
    double most_;
    int hovered_;
};

}  // namespace

double HistogramFigure::most() const {
    std::uint64_t most = 1;
    for (const HistogramCurve& curve : curves)
        for (const std::uint64_t count : curve.histogram.counts) most = std::max(most, count);
    return static_cast<double>(most);
}

QRectF histogramArea(const HistogramFigure& figure, const QSizeF& size, const QFont& font) {
    const QFontMetrics metrics(font);
    const int left = metrics.horizontalAdvance(QStringLiteral("123.4 million")) + kMargin;
    const int top = figure.curves.size() > 1 ? metrics.height() + kMargin : kMargin;
    return QRectF(QPointF(), size).adjusted(left, top, -kMargin - 12, -metrics.height() - kMargin);
}

void paintHistogram(QPainter& painter, const HistogramFigure& figure, const QSizeF& size, const MapLook& look,
                    int hovered) {
    if (figure.isEmpty()) return;
    painter.setFont(look.font);
    HistogramPainter(painter, figure, histogramArea(figure, size, look.font), look.palette, hovered).paint();
}

}  // namespace plimsoll::ui
