// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace plimsoll::ui {

// Tells it through the desktop (org.freedesktop.Notifications), for who looks at another window; nothing happens where
// there is no such service. Does not wait for an answer.
//   source  https://specifications.freedesktop.org/notification-spec/latest/
void notifyDesktop(const QString& headline, const QString& text);

}  // namespace plimsoll::ui
