// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QFile>
#include <QTemporaryDir>

#include "checkpoint/checkpoint.h"

// What a load program says, as lines of a shell script that says it.
inline const QByteArray kReady = R"(echo '{"event":"ready","version":1,"notes":["a note"]}' >&3; read go; )";
inline const QByteArray kPhases =
    R"(echo '{"event":"phase","ns":1,"name":"open"}' >&3; echo '{"event":"phase","ns":2,"name":"read"}' >&3; )";
inline const QByteArray kDone =
    R"(echo '{"event":"done","ns":3,"seconds":1.5,"checksum":"c0ffee","parameters":2,"buffers":1,"bytes":640,"peak_rss":0,"notes":[]}' >&3; )";

// Speaks the loader's part from a shell script while it lives.
class FakeLoader {
public:
    explicit FakeLoader(const QByteArray& script) {
        QFile file(path("loader"));
        if (!dir_.isValid() || !file.open(QIODevice::WriteOnly)) qFatal("cannot write the fake loader");
        file.write("#!/bin/sh\n" + script + "\n");
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        file.close();
        qputenv("PLIMSOLL_LOADER", path("loader").toLocal8Bit());
    }
    FakeLoader(const FakeLoader&) = delete;
    FakeLoader& operator=(const FakeLoader&) = delete;
    ~FakeLoader() { qunsetenv("PLIMSOLL_LOADER"); }

    [[nodiscard]] QString path(const QString& name) const { return dir_.filePath(name); }

private:
    QTemporaryDir dir_;
};

inline plimsoll::Checkpoint someCheckpoint() {
    plimsoll::Checkpoint checkpoint;
    checkpoint.path = "some dir/model.pth";
    return checkpoint;
}
