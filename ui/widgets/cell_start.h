// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyleOptionViewItem>

namespace plimsoll::ui {

// Draws the background of a cell (selection, stripes) that a delegate fills itself; its text is taken out of the option
// and given back.
QString paintCellStart(QPainter* painter, QStyleOptionViewItem& cell);

}  // namespace plimsoll::ui
