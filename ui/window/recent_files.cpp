// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/recent_files.h"

#include <QSettings>

namespace plimsoll::ui::recentFiles {
namespace {

constexpr int kMost = 10;

void save(const QStringList& paths) {
    QSettings().setValue(QStringLiteral("recentFiles"), paths);
}

}  // namespace

QStringList list() {
    return QSettings().value(QStringLiteral("recentFiles")).toStringList();
}

void add(const QString& path) {
    QStringList paths = list();
    paths.removeAll(path);
    paths.prepend(path);
    save(paths.mid(0, kMost));
}

void remove(const QString& path) {
    QStringList paths = list();
    if (paths.removeAll(path) > 0) save(paths);
}

void clear() {
    save({});
}

}  // namespace plimsoll::ui::recentFiles
