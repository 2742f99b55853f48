// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/file_watch.h"

#include <QFileInfo>

namespace plimsoll::ui {
namespace {

// A file that is being written changes many times: it is looked at when it has been left alone for so long.
constexpr int kQuietMs = 400;
// The system's watches are scarce, and the files of a set are written together.
constexpr qsizetype kMostFiles = 64;

}  // namespace

FileWatch::FileWatch(QObject* parent) : QObject(parent) {
    quiet_.setSingleShot(true);
    quiet_.setInterval(kQuietMs);
    connect(&watcher_, &QFileSystemWatcher::fileChanged, &quiet_, qOverload<>(&QTimer::start));
    connect(&quiet_, &QTimer::timeout, this, &FileWatch::look);
}

FileWatch::State FileWatch::stateOf(const QString& path) {
    const QFileInfo info(path);
    return info.exists() ? State{info.size(), info.lastModified()} : State{};
}

void FileWatch::watch(const QStringList& paths) {
    quiet_.stop();
    if (!watcher_.files().isEmpty()) watcher_.removePaths(watcher_.files());
    known_.clear();
    for (const QString& path : paths.mid(0, kMostFiles)) {
        const State state = stateOf(path);
        if (state.bytes < 0) continue;
        known_.insert(path, state);
        watcher_.addPath(path);
    }
}

void FileWatch::look() {
    for (auto file = known_.cbegin(); file != known_.cend(); ++file) {
        // Replaced by a rename, it is another file under the same name: the watch went with the old one.
        if (!watcher_.files().contains(file.key()) && QFileInfo::exists(file.key())) watcher_.addPath(file.key());
        if (stateOf(file.key()) == file.value()) continue;
        known_.clear();
        emit changed();
        return;
    }
}

}  // namespace plimsoll::ui
