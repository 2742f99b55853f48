// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QWidget>

#include "checkpoint/tensor_part.h"

namespace plimsoll::ui {

// One histogram as bars, or two over each other: the second is an outline. All have the same bins.
class HistogramPlot final : public QWidget {
    Q_OBJECT
public:
    struct Curve {
        QString name;
        Histogram histogram;
        int colourIndex = 0;  // theme's seriesColour
    };

    explicit HistogramPlot(QWidget* parent = nullptr);
    void setCurves(QList<Curve> curves);
    void setLogarithmic(bool logarithmic);
    [[nodiscard]] const QList<Curve>& curves() const noexcept { return curves_; }
    QSize sizeHint() const override { return {420, 240}; }
    QSize minimumSizeHint() const override { return {160, 120}; }

signals:
    void pointedAt(const QString& text);  // what is under the pointer; empty where nothing is

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    [[nodiscard]] QRectF plotArea() const;
    [[nodiscard]] double heightOf(double count) const;  // 0..1 of the area
    void paintGrid(QPainter& painter, const QRectF& area);
    void paintBars(QPainter& painter, const QRectF& area, const Curve& curve);
    void paintOutline(QPainter& painter, const QRectF& area, const Curve& curve);
    void paintNames(QPainter& painter, const QRectF& area);

    QList<Curve> curves_;
    double most_ = 1;
    bool logarithmic_ = false;
    int hovered_ = -1;
};

}  // namespace plimsoll::ui
