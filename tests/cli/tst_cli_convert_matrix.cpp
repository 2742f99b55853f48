// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"

// Every format that is read, written as every format that is written: value for value what the libraries of these
// formats read.
class TstCliConvertMatrix : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void converts_data();
    void converts();
    void isRead();

private:
    QString path(const QString& name) const { return dir_.filePath(name); }
    ProcessResult peer(const QString& verb) const {
        return runProcess(peerPython(), {PLIMSOLL_SOURCE_DIR "/tests/cli/convert_matrix_peer.py", verb, dir_.path()});
    }
    QTemporaryDir dir_;
    int converted_ = 0;
};

void TstCliConvertMatrix::initTestCase() {
    NEEDS_PEER();
    const ProcessResult made = peer("make");
    QVERIFY2(made.exitCode == 0, made.err.constData());
    QVERIFY(QDir(dir_.path()).mkdir("out"));
}

void TstCliConvertMatrix::converts_data() {
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("output");
    QTest::addColumn<QStringList>("options");
    struct Target {
        const char* output;
        QStringList options;
    };
    const Target targets[] = {{"pth.pth", {}},
                              {"bin", {"--to", "pth", "--shards", "2"}},
                              {"safetensors.safetensors", {}},
                              {"st", {"--to", "safetensors", "--max-shard-size", "1KiB"}},
                              {"tensors", {"--to", "tensors"}},
                              {"npz.npz", {"--rule", "*b16=f32", "--rule", "bf16=f32"}},
                              {"dcp", {"--to", "dcp", "--shards", "1"}}};
    for (const auto* source :
         {"zip.pth", "legacy.pth", "training.pth", "script.pt", "safetensors.safetensors", "sharded-st", "sharded-bin",
          "npz.npz", "npy.npy", "dcp", "tensors", "tar.tar", "gguf.gguf"}) {
        for (const Target& target : targets) {
            // One tensor makes no two shards.
            const bool one = QByteArrayView(source) == "npy.npy" && QByteArrayView(target.output) == "bin";
            const QString name = QString(source).section('.', 0, 0) + '~' + target.output;
            QTest::newRow(qPrintable(name))
                << QString(source) << name
                << (one ? QStringList{"--to", "pth", "--max-shard-size", "1KiB"} : target.options);
        }
    }
}

void TstCliConvertMatrix::converts() {
    NEEDS_PEER();
    QFETCH(QString, source);
    QFETCH(QString, output);
    QFETCH(QStringList, options);
    const ProcessResult result =
        runCli(QStringList{"convert", path(source), path("out/" + output), "--verify", "--threads", "2"} + options);
    STATUS_IS(result, 0);
    ++converted_;
}

void TstCliConvertMatrix::isRead() {
    NEEDS_PEER();
    const ProcessResult checked = peer("check");
    QVERIFY2(checked.exitCode == 0, checked.err.constData());
    QCOMPARE(checked.out, QByteArray("checked " + QByteArray::number(converted_) + '\n'));
}

QTEST_APPLESS_MAIN(TstCliConvertMatrix)
#include "tst_cli_convert_matrix.moc"
