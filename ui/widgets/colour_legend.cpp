// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/colour_legend.h"

#include <QPainter>

#include "plots/map_look.h"
#include "theme/theme.h"

namespace plimsoll::ui {
namespace {
constexpr int kSwatch = 12;
constexpr int kGap = 6;     // between swatch, name and remark
constexpr int kApart = 18;  // between entries
}  // namespace

ColourLegend::ColourLegend(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setAccessibleName(tr("Colours"));
}

void ColourLegend::setEntries(const QList<Entry>& entries) {
    entries_ = entries;
    QStringList words;
    for (const Entry& entry : entries_) words << QStringLiteral("%1 %2").arg(entry.name, entry.remark);
    setAccessibleDescription(words.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

int ColourLegend::lineHeight() const {
    return fontMetrics().height() + 4;
}

int ColourLegend::widthOf(const Entry& entry) const {
    return kSwatch + kGap + fontMetrics().horizontalAdvance(entry.name) + kGap +
           fontMetrics().horizontalAdvance(entry.remark);
}

int ColourLegend::heightForWidth(int width) const {
    int x = 0;
    int lines = entries_.isEmpty() ? 0 : 1;
    for (const Entry& entry : entries_) {
        const int needed = widthOf(entry);
        if (x > 0 && x + needed > width) {
            x = 0;
            ++lines;
        }
        x += needed + kApart;
    }
    return lines * lineHeight();
}

QSize ColourLegend::sizeHint() const {
    return {300, heightForWidth(std::max(width(), 200))};
}

QSize ColourLegend::minimumSizeHint() const {
    return {100, entries_.isEmpty() ? 0 : lineHeight()};
}

void ColourLegend::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    int x = 0;
    int y = 0;
    for (const Entry& entry : entries_) {
        const int needed = widthOf(entry);
        if (x > 0 && x + needed > width()) {
            x = 0;
            y += lineHeight();
        }
        const QRect swatch(x, y + (lineHeight() - kSwatch) / 2, kSwatch, kSwatch);
        painter.fillRect(swatch, mapColour(entry.colourIndex, palette()));
        painter.setPen(hairline(palette()));
        painter.drawRect(swatch.adjusted(0, 0, -1, -1));
        const int name = x + kSwatch + kGap;
        painter.setPen(palette().color(QPalette::WindowText));
        painter.drawText(QRect(name, y, needed, lineHeight()), Qt::AlignLeft | Qt::AlignVCenter, entry.name);
        painter.setPen(mutedText(palette()));
        painter.drawText(QRect(name + fontMetrics().horizontalAdvance(entry.name) + kGap, y, needed, lineHeight()),
                         Qt::AlignLeft | Qt::AlignVCenter, entry.remark);
        x += needed + kApart;
    }
}

}  // namespace plimsoll::ui
