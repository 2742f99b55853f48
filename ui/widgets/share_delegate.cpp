// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/share_delegate.h"

#include <QPainter>
#include <algorithm>

#include "theme/theme.h"
#include "widgets/cell_start.h"

namespace plimsoll::ui {

void ShareDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const QString text = paintCellStart(painter, cell);

    const bool selected = (option.state & QStyle::State_Selected) != 0;
    const int textWidth = option.fontMetrics.horizontalAdvance(QStringLiteral("100.0 %")) + 10;
    QRect bar = option.rect.adjusted(6, 0, -textWidth, 0);
    const int height = std::max(4, option.rect.height() / 3);
    bar.setTop(option.rect.center().y() - height / 2);
    bar.setHeight(height);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    if (bar.width() > 4) {
        const QColor full = selected ? option.palette.color(QPalette::HighlightedText) : accent(option.palette);
        QColor track = selected ? full : hairline(option.palette);
        track.setAlphaF(selected ? 0.25F : 0.55F);
        painter->setBrush(track);
        painter->drawRoundedRect(bar, 2, 2);
        const double share = std::clamp(index.data(shareRole_).toDouble(), 0.0, 1.0);
        QRectF filled(bar);
        filled.setWidth(std::max(share > 0 ? 1.5 : 0.0, share * bar.width()));
        painter->setBrush(full);
        painter->drawRoundedRect(filled, 2, 2);
    }
    const QVariant ink = index.data(Qt::ForegroundRole);
    painter->setPen(selected ? option.palette.color(QPalette::HighlightedText)
                             : (ink.isValid() ? ink.value<QColor>() : option.palette.color(QPalette::Text)));
    painter->drawText(option.rect.adjusted(0, 0, -6, 0), Qt::AlignRight | Qt::AlignVCenter, text);
    painter->restore();
}

}  // namespace plimsoll::ui
