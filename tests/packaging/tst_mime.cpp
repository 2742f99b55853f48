// SPDX-License-Identifier: GPL-3.0-or-later
#include <QDir>
#include <QFile>
#include <QMimeDatabase>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include "cli.h"

// What a desktop that has the package's types takes files for.
class TstMime : public QObject {
    Q_OBJECT
private slots:
    void initTestCase();
    void knowsTypes_data();
    void knowsTypes();

private:
    QTemporaryDir dir_;
};

void TstMime::initTestCase() {
    const QString tool = QStandardPaths::findExecutable(QStringLiteral("update-mime-database"));
    if (tool.isEmpty()) QSKIP("update-mime-database is not installed (shared-mime-info)");
    const QString mime = dir_.filePath(QStringLiteral("data/mime"));
    QVERIFY(QDir().mkpath(mime + QStringLiteral("/packages")));
    QVERIFY(QFile::copy(QStringLiteral(PLIMSOLL_SOURCE_DIR "/packaging/desktop/plimsoll.xml"),
                        mime + QStringLiteral("/packages/plimsoll.xml")));
    qputenv("XDG_DATA_HOME", dir_.filePath(QStringLiteral("data")).toLocal8Bit());
    QProcess update;
    update.start(tool, {mime});
    QVERIFY(update.waitForFinished());
    QCOMPARE(update.exitCode(), 0);
    QCOMPARE(update.readAllStandardError(), QByteArray());
}

void TstMime::knowsTypes_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("type");
    const QByteArray tensor = safetensorsBytes({{"w", "F32", {1}, littleEndian<float>({1.5F})}});
    const QString safetensors = QStringLiteral("application/x-safetensors");
    const QString gguf = QStringLiteral("application/x-gguf");
    const QString checkpoint = QStringLiteral("application/x-pytorch-checkpoint");
    QTest::newRow("safetensors by name") << "a.safetensors" << QByteArray("x") << safetensors;
    QTest::newRow("safetensors by content, as caches name them") << "0123abcd" << tensor << safetensors;
    QTest::newRow("gguf by name") << "a.gguf" << QByteArray("x") << gguf;
    QTest::newRow("gguf by content") << "model" << QByteArray("GGUF\3\0\0\0", 8) << gguf;
    QTest::newRow("pth") << "a.pth" << QByteArray("PK\3\4") << checkpoint;
    QTest::newRow("ckpt") << "a.ckpt" << QByteArray("\x80\x02") << checkpoint;
    QTest::newRow("distcp") << "__0_0.distcp" << QByteArray("PK\3\4") << QStringLiteral("application/x-pytorch-distcp");
    QTest::newRow("text with a brace") << "b" << QByteArray("        {\"a\": 1}\n") << QStringLiteral("text/plain");
}

void TstMime::knowsTypes() {
    QFETCH(QString, name);
    QFETCH(QByteArray, content);
    QFETCH(QString, type);
    const QString path = dir_.filePath(name);
    QVERIFY(writeFile(path, content));
    QCOMPARE(QMimeDatabase().mimeTypeForFile(path).name(), type);
}

QTEST_GUILESS_MAIN(TstMime)
#include "tst_mime.moc"
