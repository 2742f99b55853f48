// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QtTest>

// The Python that has torch 2.11, numpy and safetensors; empty where it is not installed.
inline QString peerPython() {
    return QStringLiteral(PLIMSOLL_PEER_PYTHON);
}

// Files of other people's projects and the corpus, beside the checkout; empty where they are not there.
inline QString sharedDir() {
    const QDir dir(QStringLiteral(PLIMSOLL_SOURCE_DIR "/../shared"));
    return dir.exists() ? dir.absolutePath() : QString();
}

struct ProcessResult {
    int exitCode = -1;  // -1: did not start, or died of a signal
    QByteArray out;
    QByteArray err;
};

inline ProcessResult runProcess(const QString& program, const QStringList& arguments, int timeoutMs = 600'000) {
    QProcess process;
    process.start(program, arguments);
    process.closeWriteChannel();
    ProcessResult result;
    if (!process.waitForStarted() || !process.waitForFinished(timeoutMs)) {
        process.kill();
        process.waitForFinished();
        result.err = "did not finish: " + process.errorString().toUtf8();
        return result;
    }
    result.out = process.readAllStandardOutput();
    result.err = process.readAllStandardError();
    if (process.exitStatus() == QProcess::NormalExit) result.exitCode = process.exitCode();
    return result;
}

// Runs Python source in the peer interpreter; arguments are sys.argv[1:].
inline ProcessResult runPeer(const QString& source, const QStringList& arguments = {}) {
    return runProcess(peerPython(), QStringList{QStringLiteral("-c"), source} + arguments);
}

// A program of this build ("plimsoll-cli").
inline QString builtProgram(const QString& name) {
    return QStringLiteral(PLIMSOLL_BIN_DIR "/") + name;
}

#define NEEDS_PEER() \
    if (peerPython().isEmpty()) QSKIP("the torch wheel is not installed (packaging/setup.sh)")

#define NEEDS_SHARED() \
    if (sharedDir().isEmpty()) QSKIP("../shared is not beside this checkout")

// Runs the peer and fails the test with Python's traceback unless it exits with 0.
#define PEER_OK(...)                                                      \
    do {                                                                  \
        const ProcessResult peerResult_ = runPeer(__VA_ARGS__);           \
        QVERIFY2(peerResult_.exitCode == 0, peerResult_.err.constData()); \
    } while (false)
