// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QColor>
#include <QImage>
#include <QSize>
#include <QString>
#include <functional>

class QPainter;

namespace plimsoll::ui {

// A plot as it is seen, to be saved. All that painting it needs was copied: any thread may paint it.
struct PlotPicture {
    QSize size;  // in the plot's pixels; empty where there is nothing to be seen
    QColor background;
    std::function<void(QPainter&)> paint;
    QString name;  // of a file, without its ending
    double pixelRatio = 1;
    int dotsPerInch = 96;  // that sizes of letters are meant for

    [[nodiscard]] bool isEmpty() const { return size.isEmpty() || !paint; }
};

[[nodiscard]] QImage imageOf(const PlotPicture& picture);
[[nodiscard]] QByteArray pngOf(const PlotPicture& picture);  // as many pixels as on the screen
[[nodiscard]] QByteArray svgOf(const PlotPicture& picture);

}  // namespace plimsoll::ui
