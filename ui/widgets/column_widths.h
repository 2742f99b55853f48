// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QHeaderView;

namespace plimsoll::ui {

// Gives the columns the widths that somebody dragged them to, and remembers those that are dragged from now on.
//   table  names it in the settings, group "columns"
void rememberWidths(QHeaderView* header, const QString& table);
// A width that fits what is shown now; one that somebody has dragged stays.
void suggestWidth(QHeaderView* header, const QString& table, int column, int width);
// The widths from before rememberWidths().
void resetWidths(QHeaderView* header);

}  // namespace plimsoll::ui
