// SPDX-License-Identifier: GPL-3.0-or-later
#include <csignal>

#include <sys/types.h>
#include <unistd.h>

#include <QStandardPaths>

#include "cli.h"

// `mpirun plimsoll-cli convert`: the same output, one error, and what a dead rank leaves.
class TstCliMpi : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void sameAsAlone_data();
    void sameAsAlone();
    void oneErrorForAll_data();
    void oneErrorForAll();
    void fullDiskOfOneRank();
    void killedRank_data();
    void killedRank();

private:
    QString path(const QString& name) const { return dir_.filePath(name); }
    QStringList leftovers() const { return QDir(path("out")).entryList(QDir::AllEntries | QDir::NoDotAndDotDot); }
    // mpirun's own arguments.
    QStringList launch() const;
    ProcessResult runRanks(int ranks, const QStringList& arguments) const;
    QStringList shards(const QString& to) const;

    QTemporaryDir dir_;
    QString mpirun_;
};

namespace {

// All files of a directory with their names.
QByteArray contentOf(const QString& path) {
    if (QFileInfo(path).isFile()) return readFile(path);
    QByteArray all;
    for (const auto& name : QDir(path).entryList(QDir::Files)) all += name.toUtf8() + readFile(path + "/" + name);
    return all;
}

int linesOf(const QByteArray& err) {
    return static_cast<int>(err.count("plimsoll: "));
}

}  // namespace

void TstCliMpi::initTestCase() {
    mpirun_ = QStandardPaths::findExecutable("mpirun");
    if (mpirun_.isEmpty()) QSKIP("mpirun is not installed (openmpi-bin)");
    if (!QFile::exists(builtProgram("plimsoll-mpi.so"))) QSKIP("built without MPI (libopenmpi-dev)");
    STATUS_IS(runCli({"sample", "linear10", path("ten.pth")}), 0);
    // 512 MiB of holes: seconds of work in small blocks, and nothing on the disk.
    constexpr qint64 kElements = qint64{1} << 24;
    constexpr int kTensors = 8;
    QByteArray header = "{";
    for (int i = 0; i < kTensors; ++i) {
        header += (i == 0 ? "\"w" : ",\"w") + QByteArray::number(i) + "\":{\"dtype\":\"F32\",\"shape\":[" +
                  QByteArray::number(kElements) + "],\"data_offsets\":[" + QByteArray::number(4 * kElements * i) + "," +
                  QByteArray::number(4 * kElements * (i + 1)) + "]}";
    }
    header += "}";
    const auto big = path("big.safetensors");
    QVERIFY(writeFile(big, littleEndian<quint64>({static_cast<quint64>(header.size())}) + header));
    QVERIFY(QFile::resize(big, 8 + header.size() + 4 * kElements * kTensors));
}

void TstCliMpi::init() {
    QVERIFY(QDir(path("out")).removeRecursively());
    QVERIFY(QDir().mkpath(path("out")));
}

QStringList TstCliMpi::launch() const {
    QStringList words{"--oversubscribe", "--bind-to", "none"};
    if (::geteuid() == 0) words << "--allow-run-as-root";
    return words;
}

ProcessResult TstCliMpi::runRanks(int ranks, const QStringList& arguments) const {
    return runProcess(mpirun_,
                      launch() + QStringList{"-np", QString::number(ranks), builtProgram("plimsoll-cli")} + arguments);
}

QStringList TstCliMpi::shards(const QString& to) const {
    return {"convert",
            path("big.safetensors"),
            path(to),
            "--to",
            "safetensors",
            "--shards",
            "8",
            "--dtype",
            "bf16",
            "--memory",
            "1MiB",
            "--threads",
            "1"};
}

void TstCliMpi::sameAsAlone_data() {
    QTest::addColumn<int>("ranks");
    QTest::addColumn<QStringList>("options");
    QTest::newRow("shards") << 3 << QStringList{"--to", "safetensors", "--max-shard-size", "5MB", "--dtype", "bf16"};
    QTest::newRow("more ranks than shards") << 4 << QStringList{"--to", "pth", "--shards", "2"};
    QTest::newRow("a file per tensor") << 2 << QStringList{"--to", "tensors", "--dtype", "f16"};
    QTest::newRow("a single file") << 2 << QStringList{"--to", "pth"};
    QTest::newRow("one rank") << 1 << QStringList{"--to", "safetensors"};
}

void TstCliMpi::sameAsAlone() {
    QFETCH(int, ranks);
    QFETCH(QStringList, options);
    STATUS_IS(runCli(QStringList{"convert", path("ten.pth"), path("out/alone")} + options), 0);
    const ProcessResult result =
        runRanks(ranks, QStringList{"convert", path("ten.pth"), path("out/team"), "--verify", "--json"} + options);
    STATUS_IS(result, 0);
    const QJsonObject document = jsonOf(result.out);  // of one rank
    QCOMPARE(document["tensors"].toInt(), 20);
    QVERIFY(document["verified"].toBool());
    QVERIFY(contentOf(path("out/team")) == contentOf(path("out/alone")));
    QCOMPARE(leftovers(), (QStringList{"alone", "team"}));
}

void TstCliMpi::oneErrorForAll_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("status");
    const QString to = path("out/x.pth");
    QTest::newRow("no such source") << QStringList{"convert", path("none.pth"), to} << 1;
    QTest::newRow("wrong option") << QStringList{"convert", path("ten.pth"), to, "--dtype", "bf99"} << 2;
    QTest::newRow("nothing left") << QStringList{"convert", path("ten.pth"), to, "--drop", "*"} << 2;
    QTest::newRow("its own source") << QStringList{"convert", path("ten.pth"), path("ten.pth"), "--overwrite"} << 1;
}

void TstCliMpi::oneErrorForAll() {
    QFETCH(QStringList, arguments);
    QFETCH(int, status);
    const ProcessResult result = runRanks(3, arguments);
    STATUS_IS(result, status);
    QVERIFY2(linesOf(result.err) == 1, result.err.constData());
    QCOMPARE(leftovers(), QStringList());
}

// One rank may not write more than a file of 8 MB: its error ends all, and going on without the limit works.
void TstCliMpi::fullDiskOfOneRank() {
    const auto arguments = shards("out/model");
    STATUS_IS(runCli(shards("out/expected")), 0);
    const QStringList limited{"sh", "-c", "ulimit -f 16384; exec \"$@\"", "sh", builtProgram("plimsoll-cli")};
    const ProcessResult result =
        runProcess(mpirun_, launch() + QStringList{"-np", "1", builtProgram("plimsoll-cli")} + arguments +
                                QStringList{":", "-np", "1"} + limited + arguments);
    STATUS_IS(result, 1);
    QVERIFY2(linesOf(result.err) == 1, result.err.constData());
    QVERIFY2(result.err.contains("File too large (rank 1 of 2)"), result.err.constData());
    QVERIFY2(leftovers().contains("model.partial.journal") && !leftovers().contains("model"),
             qPrintable(leftovers().join(' ')));
    STATUS_IS(runRanks(3, arguments + QStringList{"--resume"}), 0);
    QVERIFY(contentOf(path("out/model")) == contentOf(path("out/expected")));
    QCOMPARE(leftovers(), (QStringList{"expected", "model"}));
}

void TstCliMpi::killedRank_data() {
    QTest::addColumn<int>("killed");
    QTest::addColumn<int>("then");  // ranks that go on; 0: without MPI
    QTest::newRow("the one that leads, then two") << 0 << 2;
    QTest::newRow("another, then alone") << 1 << 0;
    QTest::newRow("another, then three") << 1 << 3;
}

void TstCliMpi::killedRank() {
    QFETCH(int, killed);
    QFETCH(int, then);
    const auto arguments = shards("out/model");
    STATUS_IS(runCli(shards("out/expected")), 0);
    QStringList ranks;
    for (int rank = 0; rank < 2; ++rank) {
        ranks << (rank == 0 ? QStringList{} : QStringList{":"})
              << QStringList{"-np",
                             "1",
                             "sh",
                             "-c",
                             "echo $$ >" + path(QString("pid%1").arg(rank)) + "; exec \"$@\"",
                             "sh",
                             builtProgram("plimsoll-cli")}
              << arguments;
    }
    QProcess job;
    job.start(mpirun_, launch() + ranks);
    QVERIFY(job.waitForStarted());
    // Both are under way: each has some items in its journal.
    const QString journal = path("out/model.partial.journal");
    const auto started = [&] { return QFileInfo(journal).size() > 2000 && QFileInfo(journal + ".1").size() > 2000; };
    QTRY_VERIFY_WITH_TIMEOUT(started(), 60'000);
    const ProcessResult second = runCli(arguments);
    STATUS_IS(second, 1);
    QVERIFY2(second.err.contains("another program is writing this directory now"), second.err.constData());
    const auto pid = readFile(path(QString("pid%1").arg(killed))).trimmed().toInt();
    QVERIFY(pid > 1);
    QCOMPARE(::kill(pid, SIGKILL), 0);
    QVERIFY(job.waitForFinished(120'000));
    QVERIFY(job.exitCode() != 0);
    QCOMPARE(leftovers(),
             (QStringList{"expected", "model.partial", "model.partial.journal", "model.partial.journal.1"}));
    const auto more = arguments + QStringList{"--resume", "--json"};
    const ProcessResult resumed = then == 0 ? runCli(more) : runRanks(then, more);
    STATUS_IS(resumed, 0);
    QVERIFY2(jsonOf(resumed.out)["resumed_bytes"].toInteger() > 0, resumed.out.constData());
    QVERIFY(contentOf(path("out/model")) == contentOf(path("out/expected")));
    QCOMPARE(leftovers(), (QStringList{"expected", "model"}));
}

QTEST_GUILESS_MAIN(TstCliMpi)
#include "tst_cli_mpi.moc"
