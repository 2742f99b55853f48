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

constexpr int kScaleWidth = 14;
constexpr int kGap = 10;
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

QRgb HeatmapPlot::colourOf(double share) const {
    const QColor full = seriesColour(share < 0 ? 0 : 1, palette());
    return tint(full, palette(), std::min(1.0, std::fabs(share))).rgb();
}

void HeatmapPlot::draw() {
    picture_ = {};
    update();
    if (!image_ || image_->width == 0) return;
    std::vector<double> sizes;
    for (std::size_t i = 0; i < image_->flags.size(); ++i)
        if ((image_->flags[i] & GridImage::HasValues) != 0) sizes.push_back(std::fabs(static_cast<double>(value(i))));
    limit_ = 1;
    if (!sizes.empty()) {
        const auto at = sizes.begin() + static_cast<std::ptrdiff_t>(kFullAt * static_cast<double>(sizes.size() - 1));
        std::nth_element(sizes.begin(), at, sizes.end());
        limit_ = *at > 0 ? *at : std::max(*std::max_element(at, sizes.end()), 1e-300);
    }
    const QRgb nan = badColour(palette()).rgb();
    marked_ = false;
    picture_ = QImage(static_cast<int>(image_->width), static_cast<int>(image_->height), QImage::Format_RGB32);
    for (std::uint32_t y = 0; y < image_->height; ++y) {
        auto* line = reinterpret_cast<QRgb*>(picture_.scanLine(static_cast<int>(y)));
        for (std::uint32_t x = 0; x < image_->width; ++x) {
            const std::size_t i = image_->pixel(x, y);
            const bool marked = (image_->flags[i] & (GridImage::HasNan | GridImage::HasInf)) != 0;
            marked_ = marked_ || marked;
            line[x] = marked ? nan : colourOf(static_cast<double>(value(i)) / limit_);
        }
    }
    setAccessibleDescription(
        tr("%1 by %2, full colour at %3").arg(countText(image_->rows), countText(image_->columns), numberText(limit_)));
}

// As large as it fits; pixels are square unless that would make the picture a line.
QRect HeatmapPlot::imageArea() const {
    const QFontMetrics metrics(scaledFont(font(), 0.9));
    const int scale = kGap + kScaleWidth + 6 + metrics.horizontalAdvance(QStringLiteral("-0.00012345"));
    const QSize room(std::max(width() - scale, 40), height());
    if (picture_.isNull()) return {QPoint(0, 0), room};
    QSize size = picture_.size().scaled(room, Qt::KeepAspectRatio);
    const int least = std::min({120, room.width(), room.height()});
    size = size.expandedTo({least, least}).boundedTo(room);
    return {QPoint(0, 0), size};
}

void HeatmapPlot::paintEvent(QPaintEvent*) {
    if (picture_.isNull()) return;
    QPainter painter(this);
    const QRect area = imageArea();
    // Shrunk smoothly, enlarged so that each pixel keeps its edges.
    painter.setRenderHint(QPainter::SmoothPixmapTransform, area.width() < picture_.width());
    painter.drawImage(area, picture_);
    painter.setPen(hairline(palette()));
    painter.drawRect(area.adjusted(0, 0, -1, -1));
    paintScale(painter, area);
}

void HeatmapPlot::paintScale(QPainter& painter, const QRect& area) {
    const QRect bar(area.right() + kGap, 0, kScaleWidth, std::min(height(), 240));
    for (int y = 0; y < bar.height(); ++y) {
        const double share = 1 - 2.0 * y / std::max(bar.height() - 1, 1);
        painter.fillRect(bar.left(), bar.top() + y, bar.width(), 1, QColor(colourOf(share)));
    }
    painter.setPen(hairline(palette()));
    painter.drawRect(bar.adjusted(0, 0, -1, -1));
    painter.setFont(scaledFont(font(), 0.9));
    painter.setPen(mutedText(palette()));
    const int height = painter.fontMetrics().height();
    const auto label = [&](int y, double value) {
        painter.drawText(QRect(bar.right() + 6, y, 120, height), Qt::AlignLeft | Qt::AlignVCenter,
                         QString::number(value, 'g', 4));
    };
    label(bar.top(), limit_);
    label(bar.center().y() - height / 2, 0);
    label(bar.bottom() - height + 1, -limit_);
    if (!marked_) return;
    const QRect mark(bar.left(), bar.bottom() + kGap, kScaleWidth, kScaleWidth);
    painter.fillRect(mark, badColour(palette()));
    painter.drawText(QRect(bar.right() + 6, mark.center().y() - height / 2, 120, height),
                     Qt::AlignLeft | Qt::AlignVCenter, tr("NaN, infinite"));
}

bool HeatmapPlot::pixelAt(const QPoint& position, std::uint32_t& x, std::uint32_t& y) const {
    const QRect area = imageArea();
    if (picture_.isNull() || !area.contains(position)) return false;
    x = static_cast<std::uint32_t>((position.x() - area.left()) * picture_.width() / area.width());
    y = static_cast<std::uint32_t>((position.y() - area.top()) * picture_.height() / area.height());
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
