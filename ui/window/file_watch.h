// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>
#include <QFileSystemWatcher>
#include <QHash>
#include <QObject>
#include <QStringList>
#include <QTimer>

namespace plimsoll::ui {

// Says when files that are shown change on the disk: written in place, replaced or removed.
class FileWatch final : public QObject {
    Q_OBJECT
public:
    explicit FileWatch(QObject* parent = nullptr);
    // As they are now; replaces what was watched.
    void watch(const QStringList& paths);

signals:
    void changed();  // once, until watch() is called again

private:
    struct State {
        qint64 bytes = -1;  // -1: not there
        QDateTime modified;
        friend bool operator==(const State&, const State&) = default;
    };
    [[nodiscard]] static State stateOf(const QString& path);
    void look();

    QFileSystemWatcher watcher_;
    QTimer quiet_;
    QHash<QString, State> known_;
};

}  // namespace plimsoll::ui
