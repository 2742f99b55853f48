// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/histogram_plot.h"

#include <QMouseEvent>
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

}  // namespace

HistogramPlot::HistogramPlot(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setAccessibleName(tr("Histogram of the values"));
}

void HistogramPlot::setCurves(QList<Curve> curves) {
    curves_ = std::move(curves);
    most_ = 1;
    for (const Curve& curve : curves_)
        for (const std::uint64_t count : curve.histogram.counts) most_ = std::max(most_, static_cast<double>(count));
    hovered_ = -1;
    if (!curves_.isEmpty()) {
        const Histogram& histogram = curves_.first().histogram;
        setAccessibleDescription(tr("%1 bins from %2 to %3, the highest holds %4 values")
                                     .arg(histogram.counts.size())
                                     .arg(numberText(histogram.low), numberText(histogram.high),
                                          countText(static_cast<std::uint64_t>(most_))));
    }
    update();
}

void HistogramPlot::setLogarithmic(bool logarithmic) {
    logarithmic_ = logarithmic;
    update();
}

QRectF HistogramPlot::plotArea() const {
    const QFontMetrics metrics(scaledFont(font(), 0.9));
    const int left = metrics.horizontalAdvance(QStringLiteral("123.4 million")) + kMargin;
    const int top = curves_.size() > 1 ? metrics.height() + kMargin : kMargin;
    return QRectF(rect()).adjusted(left, top, -kMargin - 12, -metrics.height() - kMargin);
}

double HistogramPlot::heightOf(double count) const {
    if (!logarithmic_) return count / (most_ * 1.05);
    return count <= 0 ? 0 : (std::log10(count) + 0.3) / (std::log10(most_) + 0.6);
}

void HistogramPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (curves_.isEmpty() || curves_.first().histogram.counts.empty()) return;
    painter.setFont(scaledFont(font(), 0.9));
    const QRectF area = plotArea();
    paintGrid(painter, area);
    paintBars(painter, area, curves_.first());
    for (const Curve& curve : curves_.mid(1)) paintOutline(painter, area, curve);
    if (curves_.size() > 1) paintNames(painter, area);
}

void HistogramPlot::paintGrid(QPainter& painter, const QRectF& area) {
    const QColor line = tint(hairline(palette()), palette(), 0.7);
    const auto mark = [&](double count) {
        const double y = area.bottom() - heightOf(count) * area.height();
        painter.setPen(line);
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        painter.setPen(mutedText(palette()));
        painter.drawText(QRectF(0, y - 10, area.left() - 6, 20), Qt::AlignRight | Qt::AlignVCenter,
                         roundCountText(static_cast<std::uint64_t>(count)));
    };
    if (logarithmic_) {
        const int decades = static_cast<int>(std::floor(std::log10(most_)));
        const int every = decades / kTicks + 1;
        for (int decade = 0; decade <= decades; decade += every) mark(std::pow(10.0, decade));
    } else {
        const double step = std::max(1.0, roundStep(most_, kTicks));
        for (int i = 0; i * step <= most_; ++i) mark(i * step);
    }
    const Histogram& histogram = curves_.first().histogram;
    const double range = histogram.high - histogram.low;
    const double step = roundStep(range, kTicks);
    painter.setPen(mutedText(palette()));
    if (!(range > 0) || !std::isfinite(range)) {
        painter.drawText(QRectF(area.left(), area.bottom() + 3, area.width(), 20), Qt::AlignHCenter | Qt::AlignTop,
                         tickText(histogram.low, 0));
        return;
    }
    // Counted, not added up: beside a large number a small step changes nothing.
    const double first = std::ceil(histogram.low / step) * step;
    for (int i = 0; i <= 2 * kTicks && first + i * step <= histogram.high; ++i) {
        const double tick = first + i * step;
        const double x = area.left() + (tick - histogram.low) / range * area.width();
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 3));
        painter.drawText(QRectF(x - 60, area.bottom() + 3, 120, 20), Qt::AlignHCenter | Qt::AlignTop,
                         tickText(tick, step));
    }
}

void HistogramPlot::paintBars(QPainter& painter, const QRectF& area, const Curve& curve) {
    const QColor colour = seriesColour(curve.colourIndex, palette());
    const auto bins = static_cast<double>(curve.histogram.counts.size());
    const double gap = area.width() / bins >= kLeastSplit ? 1 : 0;
    for (std::size_t i = 0; i < curve.histogram.counts.size(); ++i) {
        const double height = heightOf(static_cast<double>(curve.histogram.counts[i])) * area.height();
        if (height <= 0) continue;
        // Whole pixels: half covered ones between the bars would be a pattern of their own.
        const double left = std::round(area.left() + static_cast<double>(i) / bins * area.width());
        const double right = std::round(area.left() + static_cast<double>(i + 1) / bins * area.width());
        const bool hovered = static_cast<int>(i) == hovered_;
        // A bin of one value among millions is still seen.
        painter.fillRect(QRectF(left, area.bottom() - std::max(height, 1.0), std::max(right - left - gap, 1.0),
                                std::max(height, 1.0)),
                         hovered ? colour : tint(colour, palette(), curves_.size() > 1 ? 0.55 : 0.8));
    }
}

void HistogramPlot::paintOutline(QPainter& painter, const QRectF& area, const Curve& curve) {
    QPolygonF steps;
    const auto bins = static_cast<double>(curve.histogram.counts.size());
    for (std::size_t i = 0; i < curve.histogram.counts.size(); ++i) {
        const double y = area.bottom() - heightOf(static_cast<double>(curve.histogram.counts[i])) * area.height();
        steps << QPointF(area.left() + static_cast<double>(i) / bins * area.width(), y)
              << QPointF(area.left() + static_cast<double>(i + 1) / bins * area.width(), y);
    }
    painter.setPen(QPen(seriesColour(curve.colourIndex, palette()), 1.6));
    painter.drawPolyline(steps);
}

void HistogramPlot::paintNames(QPainter& painter, const QRectF& area) {
    double x = area.left();
    const int height = painter.fontMetrics().height();
    for (const Curve& curve : curves_) {
        painter.fillRect(QRectF(x, 4 + height / 2.0 - 4, 12, 8), seriesColour(curve.colourIndex, palette()));
        painter.setPen(palette().color(QPalette::WindowText));
        const QString name =
            painter.fontMetrics().elidedText(curve.name, Qt::ElideMiddle, static_cast<int>(area.width() / 2) - 30);
        painter.drawText(QRectF(x + 18, 4, area.width() / 2, height), Qt::AlignLeft | Qt::AlignVCenter, name);
        x += 18 + painter.fontMetrics().horizontalAdvance(name) + kNameGap;
    }
}

void HistogramPlot::mouseMoveEvent(QMouseEvent* event) {
    const QRectF area = plotArea();
    QString text;
    int hovered = -1;
    if (!curves_.isEmpty() && area.contains(event->position())) {
        const auto bins = curves_.first().histogram.counts.size();
        const double place = (event->position().x() - area.left()) / area.width();
        hovered = std::clamp(static_cast<int>(place * static_cast<double>(bins)), 0, static_cast<int>(bins) - 1);
        const auto bin = static_cast<std::size_t>(hovered);
        const Histogram& first = curves_.first().histogram;
        QStringList counts;
        for (const Curve& curve : curves_) {
            const QString count = countText(curve.histogram.counts[bin]);
            counts << (curves_.size() > 1 ? QStringLiteral("%1 %2").arg(curve.name, count) : count);
        }
        text =
            tr("%1 to %2: %3")
                .arg(numberText(first.edge(bin)), numberText(first.edge(bin + 1)), counts.join(QStringLiteral(", ")));
    }
    if (hovered != hovered_) update();
    hovered_ = hovered;
    emit pointedAt(text);
}

void HistogramPlot::leaveEvent(QEvent*) {
    hovered_ = -1;
    emit pointedAt({});
    update();
}

}  // namespace plimsoll::ui
