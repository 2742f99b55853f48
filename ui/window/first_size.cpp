// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/first_size.h"

#include <QScreen>
#include <QWidget>

namespace plimsoll::ui {
namespace {
constexpr QSize kFrame(12, 40);  // what a window manager draws around it, about
}

void resizeToFirst(QWidget& window, const QSize& wanted) {
    window.resize(wanted.boundedTo(window.screen()->availableSize() - kFrame).expandedTo(window.minimumSize()));
}

}  // namespace plimsoll::ui
