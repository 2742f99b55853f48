// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QTableView;

namespace plimsoll::ui {

// Striped rows of one height that are selected as a whole; no grid, no numbers at the side.
void showAsRows(QTableView* table);

// Such rows of text, several of which can be selected: no frame around a cell, long texts lose their middle.
void showAsTextRows(QTableView* table);

}  // namespace plimsoll::ui
