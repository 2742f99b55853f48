// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/heatmap_plot.h"

#include <QEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <vector>

#include "text/text.h"
#include "theme/theme.h"

namespace plimsoll::ui {
namespace {
// The colours reach their full strength here: a few outliers must not make all else look like zero.
constexpr double kFullAt = 0.995;
}  // namespace

HeatmapPlot::HeatmapPlot(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setCursor(Qt::CrossCursor);
    setAccessibleName(tr("Heatmap of the values"));
}

void HeatmapPlot::setImage(std::shared_ptr<const GridImage> image) {
    image_ = std::move(image);
    draw();
}

void HeatmapPlot::setShown(Shown shown) {
    shown_ = shown;
    draw();
}

float HeatmapPlot::value(std::size_t pixel) const {
    return shown_ == Shown::Mean ? image_->mean[pixel] : image_->extreme[pixel];
}

void HeatmapPlot::draw() {
    figure_.image = {};
    update();
    if (!image_ || image_->width == 0) return;
    std::vector<double> sizes;
    for (std::size_t i = 0; i < image_->flags.size(); ++i)
        if ((image_->flags[i] & GridImage::HasValues) != 0) sizes.push_back(std::fabs(static_cast<double>(value(i))));
    figure_.limit = 1;
    if (!sizes.empty()) {
        const auto at = sizes.begin() + static_cast<std::ptrdiff_t>(kFullAt * static_cast<double>(sizes.size() - 1));
        std::nth_element(sizes.begin(), at, sizes.end());
        figure_.limit = *at > 0 ? *at : std::max(*std::max_element(at, sizes.end()), 1e-300);
    }
    const QRgb nan = badColour(palette()).rgb();
    figure_.marked = false;
    figure_.image = QImage(static_cast<int>(image_->width), static_cast<int>(image_->height), QImage::Format_RGB32);
    for (std::uint32_t y = 0; y < image_->height; ++y) {
        auto* line = reinterpret_cast<QRgb*>(figure_.image.scanLine(static_cast<int>(y)));
        for (std::uint32_t x = 0; x < image_->width; ++x) {
            const std::size_t i = image_->pixel(x, y);
            const bool marked = (image_->flags[i] & (GridImage::HasNan | GridImage::HasInf)) != 0;
            figure_.marked = figure_.marked || marked;
            line[x] = marked ? nan : heatmapColour(static_cast<double>(value(i)) / figure_.limit, palette());
        }
    }
    setAccessibleDescription(tr("%1 by %2, full colour at %3")
                                 .arg(countText(image_->rows), countText(image_->columns), numberText(figure_.limit)));
}

MapLook HeatmapPlot::look() const {
    return {palette(), scaledFont(font(), 0.9), devicePixelRatioF()};
}

PlotPicture HeatmapPlot::toPicture() const {
    if (figure_.image.isNull()) return {};
    return {heatmapSize(figure_, size(), look().font), palette().color(QPalette::Window),
            [figure = figure_, room = size(), look = look()](QPainter& painter) {
                paintHeatmap(painter, figure, room, look);
            },
            QStringLiteral("heatmap")};
}

void HeatmapPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintHeatmap(painter, figure_, size(), look());
}

bool HeatmapPlot::pixelAt(const QPoint& position, std::uint32_t& x, std::uint32_t& y) const {
    const QRect area = heatmapArea(figure_, size(), look().font);
    if (figure_.image.isNull() || !area.contains(position)) return false;
    x = static_cast<std::uint32_t>((position.x() - area.left()) * figure_.image.width() / area.width());
    y = static_cast<std::uint32_t>((position.y() - area.top()) * figure_.image.height() / area.height());
    return x < image_->width && y < image_->height;
}

void HeatmapPlot::mouseMoveEvent(QMouseEvent* event) {
    std::uint32_t x = 0;
    std::uint32_t y = 0;
    if (!pixelAt(event->position().toPoint(), x, y)) {
        emit pointedAt({});
        return;
    }
    const auto range = [](std::uint64_t first, std::uint64_t end) {
        return end - first == 1 ? QString::number(first) : QStringLiteral("%1–%2").arg(first).arg(end - 1);
    };
    const std::size_t i = image_->pixel(x, y);
    QStringList parts{
        tr("row %1, column %2")
            .arg(range(image_->rowOf(y), image_->rowOf(y + 1)), range(image_->columnOf(x), image_->columnOf(x + 1)))};
    if ((image_->flags[i] & GridImage::HasValues) != 0) {
        parts << tr("largest %1, mean %2")
                     .arg(numberText(static_cast<double>(image_->extreme[i])),
                          numberText(static_cast<double>(image_->mean[i])));
    }
    if ((image_->flags[i] & GridImage::HasNan) != 0) parts << tr("NaN");
    if ((image_->flags[i] & GridImage::HasInf) != 0) parts << tr("infinite");
    emit pointedAt(parts.join(QStringLiteral(" · ")));
}

void HeatmapPlot::mousePressEvent(QMouseEvent* event) {
    std::uint32_t x = 0;
    std::uint32_t y = 0;
    if (event->button() == Qt::LeftButton && pixelAt(event->position().toPoint(), x, y))
        emit cellChosen(image_->rowOf(y), image_->columnOf(x));
}

void HeatmapPlot::leaveEvent(QEvent*) {
    emit pointedAt({});
}

void HeatmapPlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) draw();
    QWidget::changeEvent(event);
}

}  // namespace plimsoll::ui
