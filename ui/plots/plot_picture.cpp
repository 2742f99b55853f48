// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/plot_picture.h"

#include <QBuffer>
#include <QPainter>
#include <QSvgGenerator>

namespace plimsoll::ui {

QImage imageOf(const PlotPicture& picture) {
    QImage image((QSizeF(picture.size) * picture.pixelRatio).toSize(), QImage::Format_RGB32);
    if (image.isNull()) return image;
    image.setDevicePixelRatio(picture.pixelRatio);
    image.fill(picture.background);
    QPainter painter(&image);
    picture.paint(painter);
    return image;
}

QByteArray pngOf(const PlotPicture& picture) {
    QByteArray bytes;
    QBuffer out(&bytes);
    out.open(QIODevice::WriteOnly);
    imageOf(picture).save(&out, "PNG");
    return bytes;
}

QByteArray svgOf(const PlotPicture& picture) {
    QByteArray bytes;
    QBuffer out(&bytes);
    QSvgGenerator generator;
    generator.setOutputDevice(&out);
    generator.setSize(picture.size);
    generator.setViewBox(QRect(QPoint(), picture.size));
    generator.setResolution(picture.dotsPerInch);
    generator.setTitle(picture.name);
    generator.setDescription({});
    QPainter painter(&generator);
    painter.fillRect(QRect(QPoint(), picture.size), picture.background);
    picture.paint(painter);
    painter.end();
    return bytes;
}

}  // namespace plimsoll::ui
