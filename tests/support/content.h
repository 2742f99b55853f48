// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QDir>
#include <QFile>
#include <QFileInfo>

// Of a file, or of all files of a directory with their names.
inline QByteArray contentOf(const QString& path) {
    if (QFileInfo(path).isDir()) {
        QByteArray all;
        for (const auto& name : QDir(path).entryList(QDir::Files | QDir::Hidden))
            all += name.toUtf8() + contentOf(path + "/" + name);
        return all;
    }
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("cannot be read");
}
