// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/cell_start.h"

#include <QApplication>
#include <QStyle>
#include <utility>

namespace plimsoll::ui {

QString paintCellStart(QPainter* painter, QStyleOptionViewItem& cell) {
    QString text = std::exchange(cell.text, {});
    cell.state &= ~QStyle::State_HasFocus;
    QApplication::style()->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
    return text;
}

}  // namespace plimsoll::ui
