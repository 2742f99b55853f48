// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "plots/histogram_painter.h"
#include "plots/plot_picture.h"

namespace plimsoll::ui {

// One histogram, or two over each other; says what is under the pointer.
class HistogramPlot final : public QWidget {
    Q_OBJECT
public:
    using Curve = HistogramCurve;

    explicit HistogramPlot(QWidget* parent = nullptr);
    void setCurves(QList<Curve> curves);
    void setLogarithmic(bool logarithmic);
    [[nodiscard]] const QList<Curve>& curves() const noexcept { return figure_.curves; }
    [[nodiscard]] PlotPicture toPicture() const;
    QSize sizeHint() const override { return {420, 240}; }
    QSize minimumSizeHint() const override { return {160, 120}; }

signals:
    void pointedAt(const QString& text);  // what is under the pointer; empty where nothing is

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    [[nodiscard]] MapLook look() const;

    HistogramFigure figure_;
    int hovered_ = -1;
};

}  // namespace plimsoll::ui
