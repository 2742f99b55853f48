// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "checkpoint/grid_image.h"
#include "plots/heatmap_painter.h"
#include "plots/plot_picture.h"

namespace plimsoll::ui {

// A GridImage as a heatmap; says what is under the pointer.
class HeatmapPlot final : public QWidget {
    Q_OBJECT
public:
    enum class Shown { Extreme, Mean };

    explicit HeatmapPlot(QWidget* parent = nullptr);
    void setImage(std::shared_ptr<const GridImage> image);  // null: nothing
    void setShown(Shown shown);
    [[nodiscard]] const std::shared_ptr<const GridImage>& image() const noexcept { return image_; }
    [[nodiscard]] double limit() const noexcept { return figure_.limit; }  // full colour from here on
    [[nodiscard]] PlotPicture toPicture() const;
    QSize sizeHint() const override { return {420, 320}; }
    QSize minimumSizeHint() const override { return {160, 120}; }

signals:
    void pointedAt(const QString& text);
    void cellChosen(quint64 row, quint64 column);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void draw();
    [[nodiscard]] MapLook look() const;
    [[nodiscard]] float value(std::size_t pixel) const;
    [[nodiscard]] bool pixelAt(const QPoint& position, std::uint32_t& x, std::uint32_t& y) const;

    std::shared_ptr<const GridImage> image_;
    Shown shown_ = Shown::Extreme;
    HeatmapFigure figure_;
};

}  // namespace plimsoll::ui
