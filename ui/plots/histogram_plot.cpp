// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/histogram_plot.h"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>

#include "text/text.h"
#include "theme/theme.h"

namespace plimsoll::ui {

HistogramPlot::HistogramPlot(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setAccessibleName(tr("Histogram of the values"));
}

void HistogramPlot::setCurves(QList<Curve> curves) {
    figure_.curves = std::move(curves);
    hovered_ = -1;
    if (!figure_.curves.isEmpty()) {
        const Histogram& histogram = figure_.curves.first().histogram;
        setAccessibleDescription(tr("%1 bins from %2 to %3, the highest holds %4 values")
                                     .arg(histogram.counts.size())
                                     .arg(numberText(histogram.low), numberText(histogram.high),
                                          countText(static_cast<std::uint64_t>(figure_.most()))));
    }
    update();
}

void HistogramPlot::setLogarithmic(bool logarithmic) {
    figure_.logarithmic = logarithmic;
    update();
}

MapLook HistogramPlot::look() const {
    return {palette(), scaledFont(font(), 0.9), devicePixelRatioF()};
}

PlotPicture HistogramPlot::toPicture() const {
    if (figure_.isEmpty()) return {};
    return {size(), palette().color(QPalette::Window),
            [figure = figure_, size = QSizeF(size()), look = look()](QPainter& painter) {
                paintHistogram(painter, figure, size, look);
            },
            QStringLiteral("histogram")};
}

void HistogramPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintHistogram(painter, figure_, size(), look(), hovered_);
}

void HistogramPlot::mouseMoveEvent(QMouseEvent* event) {
    const QRectF area = histogramArea(figure_, size(), look().font);
    QString text;
    int hovered = -1;
    if (!figure_.isEmpty() && area.contains(event->position())) {
        const auto bins = figure_.curves.first().histogram.counts.size();
        const double place = (event->position().x() - area.left()) / area.width();
        hovered = std::clamp(static_cast<int>(place * static_cast<double>(bins)), 0, static_cast<int>(bins) - 1);
        const auto bin = static_cast<std::size_t>(hovered);
        const Histogram& first = figure_.curves.first().histogram;
        QStringList counts;
        for (const Curve& curve : figure_.curves) {
            const QString count = countText(curve.histogram.counts[bin]);
            counts << (figure_.curves.size() > 1 ? QStringLiteral("%1 %2").arg(curve.name, count) : count);
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
