// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QFile>

// Bytes that this process has read with system calls, which what is looked at through a mapping is none of; -1 where
// the kernel does not tell.
inline qint64 bytesReadSoFar() {
    QFile io("/proc/self/io");
    if (!io.open(QIODevice::ReadOnly)) return -1;
    for (const QByteArray& line : io.readAll().split('\n'))
        if (line.startsWith("rchar: ")) return line.mid(7).toLongLong();
    return -1;
}

// Of what `work` does; a few hundred of them are the counting itself.
template <class Work>
qint64 bytesReadBy(const Work& work) {
    const qint64 before = bytesReadSoFar();
    work();
    return bytesReadSoFar() - before;
}
