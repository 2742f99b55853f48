// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QSize;
class QWidget;

namespace plimsoll::ui {

// Gives a window this size, or what its screen has room for: at a scale of two, many screens are smaller.
void resizeToFirst(QWidget& window, const QSize& wanted);

}  // namespace plimsoll::ui
