// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QWidget>
#include <memory>

#include "checkpoint/grid_image.h"

namespace plimsoll::ui {

// A GridImage in colours: one hue below zero, another above, the base colour at zero, NaN and infinities marked; with
// the scale of its colours at the right.
class HeatmapPlot final : public QWidget {
    Q_OBJECT
public:
    enum class Shown { Extreme, Mean };

    explicit HeatmapPlot(QWidget* parent = nullptr);
    void setImage(std::shared_ptr<const GridImage> image);  // null: nothing
    void setShown(Shown shown);
    [[nodiscard]] const std::shared_ptr<const GridImage>& image() const noexcept { return image_; }
    [[nodiscard]] double limit() const noexcept { return limit_; }  // full colour from here on
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
    [[nodiscard]] QRect imageArea() const;
    [[nodiscard]] float value(std::size_t pixel) const;
    [[nodiscard]] QRgb colourOf(double share) const;  // -1..1
    [[nodiscard]] bool pixelAt(const QPoint& position, std::uint32_t& x, std::uint32_t& y) const;
    void paintScale(QPainter& painter, const QRect& area);

    std::shared_ptr<const GridImage> image_;
    Shown shown_ = Shown::Extreme;
    double limit_ = 1;
    QImage picture_;
    bool marked_ = false;  // something in it is NaN or infinite
};

}  // namespace plimsoll::ui
