// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/line_legend.h"

#include <QPainter>

#include "theme/theme.h"

namespace plimsoll::ui {
namespace {
constexpr int kSample = 28;
constexpr int kGap = 6;
constexpr int kBetween = 20;
}  // namespace

LineLegend::LineLegend(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Solid lines: anonymous memory. Dashed lines: file-backed memory."));
}

QList<LineLegend::Entry> LineLegend::entries() const {
    QList<Entry> all{{Qt::SolidLine, tr("anonymous")}, {Qt::DashLine, tr("file-backed (the kernel can drop it)")}};
    if (device_) all.append({Qt::DotLine, tr("device, allocated")});
    return all;
}

void LineLegend::setDeviceShown(bool shown) {
    if (device_ == shown) return;
    device_ = shown;
    updateGeometry();
    update();
}

QSize LineLegend::sizeHint() const {
    int width = 0;
    for (const Entry& entry : entries())
        width += kSample + kGap + fontMetrics().horizontalAdvance(entry.text) + kBetween;
    return {width, fontMetrics().height() + 4};
}

void LineLegend::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor colour = mutedText(palette());
    int x = 0;
    for (const Entry& entry : entries()) {
        QPen pen(colour, 2, entry.style);
        painter.setPen(pen);
        const double y = height() / 2.0;
        painter.drawLine(QPointF(x, y), QPointF(x + kSample, y));
        x += kSample + kGap;
        const int width = fontMetrics().horizontalAdvance(entry.text);
        painter.drawText(QRect(x, 0, width + 2, height()), Qt::AlignVCenter | Qt::AlignLeft, entry.text);
        x += width + kBetween;
    }
}

}  // namespace plimsoll::ui
