// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/colour_legend.h"

#include <QPainter>
#include <limits>

namespace plimsoll::ui {

ColourLegend::ColourLegend(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setAccessibleName(tr("Colours"));
}

void ColourLegend::setEntries(const QList<MapLegendEntry>& entries) {
    entries_ = entries;
    QStringList words;
    for (const MapLegendEntry& entry : entries_) words << QStringLiteral("%1 %2").arg(entry.name, entry.remark);
    setAccessibleDescription(words.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

int ColourLegend::heightForWidth(int width) const {
    return mapLegendHeight(entries_, width, font());
}

QSize ColourLegend::sizeHint() const {
    return {300, heightForWidth(std::max(width(), 200))};
}

QSize ColourLegend::minimumSizeHint() const {
    return {100, heightForWidth(std::numeric_limits<int>::max())};
}

void ColourLegend::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintMapLegend(painter, entries_, width(), {palette(), font(), devicePixelRatioF()});
}

}  // namespace plimsoll::ui
