// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

namespace plimsoll::ui::recentFiles {

// Newest first; kept in QSettings.
[[nodiscard]] QStringList list();
void add(const QString& path);
void remove(const QString& path);
void clear();

}  // namespace plimsoll::ui::recentFiles
