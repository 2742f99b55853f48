// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli.h"

// A test of files that a script of the peer makes in a folder of its own.
class MadeFiles : public QObject {
protected:
    [[nodiscard]] QString path(const QString& name) const { return dir_.filePath(name); }

    //   script  Python whose sys.argv[1] is the folder
    void make(const char* script) {
        NEEDS_PEER();
        PEER_OK(QString::fromUtf8(script), {dir_.path()});
    }

    // The columns of refuses().
    static void addRefusals() {
        QTest::addColumn<QString>("source");
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("says");
    }
    // `convert --to TO` says why it refuses, and writes nothing.
    void refuses(const QString& to) const {
        NEEDS_PEER();
        QFETCH(QString, source);
        QFETCH(QStringList, options);
        QFETCH(QString, says);
        const auto result = runCli(QStringList{"convert", path(source), path("never"), "--to", to} + options);
        QVERIFY(result.exitCode == 1 || result.exitCode == 2);
        QVERIFY2(result.err.contains(says.toUtf8()), result.err.constData());
        QVERIFY(!QFileInfo::exists(path("never")));
    }

    QTemporaryDir dir_;
};
