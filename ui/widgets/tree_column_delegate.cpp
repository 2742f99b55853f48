// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/tree_column_delegate.h"

#include <QPainter>
#include <algorithm>

#include "theme/theme.h"
#include "widgets/cell_start.h"

namespace plimsoll::ui {
namespace {

constexpr int kIndent = 16;
constexpr int kArrow = 18;
constexpr int kMargin = 4;
// Deeper rows stay at this indent: their names must still be seen.
constexpr int kDeepest = 24;

}  // namespace

int TreeColumnDelegate::arrowLeft(const QModelIndex& index) const {
    return kMargin + kIndent * std::min(index.data(roles_.depth).toInt(), kDeepest);
}

bool TreeColumnDelegate::hitsArrow(const QModelIndex& index, int x) const {
    const int left = arrowLeft(index);
    return index.data(roles_.hasChildren).toBool() && x >= left - 2 && x < left + kArrow;
}

void TreeColumnDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const QString text = paintCellStart(painter, cell);

    const bool selected = (option.state & QStyle::State_Selected) != 0;
    const QColor ink = cell.palette.color(selected ? QPalette::HighlightedText : QPalette::Text);
    const int left = option.rect.left() + arrowLeft(index);
    painter->save();
    if (index.data(roles_.hasChildren).toBool()) {
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(Qt::NoPen);
        painter->setBrush(selected ? ink : mutedText(option.palette));
        const QPointF middle(left + kArrow / 2.0 - 2, option.rect.center().y() + 0.5);
        painter->translate(middle);
        if (index.data(roles_.expanded).toBool()) painter->rotate(90);
        painter->drawPolygon(QPolygonF({{-2.5, -4.0}, {3.0, 0.0}, {-2.5, 4.0}}));
        painter->resetTransform();
    }
    const QRect room = option.rect.adjusted(left - option.rect.left() + kArrow, 0, -kMargin, 0);
    painter->setPen(ink);
    painter->setFont(cell.font);
    // The ends of names tell them apart.
    painter->drawText(room, Qt::AlignLeft | Qt::AlignVCenter,
                      cell.fontMetrics.elidedText(text, Qt::ElideLeft, room.width()));
    painter->restore();
}

}  // namespace plimsoll::ui
