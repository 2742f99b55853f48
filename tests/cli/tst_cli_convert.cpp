// SPDX-License-Identifier: GPL-3.0-or-later
#include <csignal>

#include <sys/types.h>

#include "cli.h"
#include "content.h"

// `sample` and `convert`: what they write, what they say, and what they leave behind when stopped.
class TstCliConvert : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void sampleIsRepeatable();
    void roundTrip();
    void peersReadIt();
    void report();
    void dryRunWritesNothing();
    void selection_data();
    void selection();
    void sharded();
    void existingDestination();
    void failures_data();
    void failures();
    void signalLeavesWhatIsDone_data();
    void signalLeavesWhatIsDone();
    void progressLines();
    void killedAnywhere_data();
    void killedAnywhere();
    void verifiedAndLoss();
    void lazyViews();

private:
    QString path(const QString& name) const { return dir_.filePath(name); }
    QStringList leftovers() const { return QDir(path("out")).entryList(QDir::AllEntries | QDir::NoDotAndDotDot); }

    QTemporaryDir dir_;
};

void TstCliConvert::initTestCase() {
    STATUS_IS(runCli({"sample", "linear10", path("ten.pth")}), 0);
}

void TstCliConvert::init() {
    QVERIFY(QDir(path("out")).removeRecursively());
    QVERIFY(QDir().mkpath(path("out")));
}

void TstCliConvert::sampleIsRepeatable() {
    STATUS_IS(runCli({"sample", "linear10", path("again.pth"), "--seed", "0"}), 0);
    STATUS_IS(runCli({"sample", "linear10", path("other.pth"), "--seed", "1"}), 0);
    QCOMPARE(readFile(path("again.pth")), readFile(path("ten.pth")));
    QVERIFY(readFile(path("other.pth")) != readFile(path("ten.pth")));
    const QJsonArray tensors = jsonOf(runCli({"inspect", "--json", path("ten.pth")}).out)["tensors"].toArray();
    QCOMPARE(tensors.size(), 20);
    const ProcessResult twice = runCli({"sample", "linear10", path("ten.pth")});
    STATUS_IS(twice, 1);
    QVERIFY2(twice.err.contains("ten.pth: "), twice.err.constData());
}

// pth -> safetensors -> pth keeps every value: the second safetensors equals the first.
void TstCliConvert::roundTrip() {
    STATUS_IS(runCli({"convert", path("ten.pth"), path("a.safetensors")}), 0);
    STATUS_IS(runCli({"convert", path("a.safetensors"), path("b.pth")}), 0);
    STATUS_IS(runCli({"convert", path("b.pth"), path("c.safetensors"), "--threads", "1"}), 0);
    QVERIFY(readFile(path("c.safetensors")) == readFile(path("a.safetensors")));
    QVERIFY(readFile(path("a.safetensors")).size() > 40'000'000);
}

void TstCliConvert::peersReadIt() {
    NEEDS_PEER();
    STATUS_IS(runCli({"convert", path("ten.pth"), path("p.pth"), "--dtype", "bf16"}), 0);
    STATUS_IS(runCli({"convert", path("ten.pth"), path("p.safetensors"), "--dtype", "f16", "--rule", "*.bias=keep"}),
              0);
    PEER_OK(R"(import sys, torch, safetensors.torch
source = torch.load(sys.argv[1], weights_only=True)
pth = torch.load(sys.argv[2], weights_only=True, mmap=True)
sft = safetensors.torch.load_file(sys.argv[3])
assert list(pth) == list(source) and set(sft) == set(source)
for name, want in source.items():
    assert torch.equal(pth[name], want.bfloat16()), name
    assert torch.equal(sft[name], want if name.endswith('bias') else want.half()), name)",
            {path("ten.pth"), path("p.pth"), path("p.safetensors")});
}

void TstCliConvert::report() {
    const ProcessResult result =
        runCli({"convert", path("ten.pth"), path("r.safetensors"), "--dtype", "bf16", "--json"});
    STATUS_IS(result, 0);
    QCOMPARE(result.err, QByteArray());  // no terminal, no progress
    const QJsonObject document = jsonOf(result.out);
    const qint64 size = QFileInfo(path("r.safetensors")).size();
    QCOMPARE(document["output"].toString(), path("r.safetensors"));
    QCOMPARE(document["files"].toArray()[0].toObject()["path"].toString(), path("r.safetensors"));
    QCOMPARE(document["files"].toArray()[0].toObject()["bytes"].toInteger(), size);
    QCOMPARE(document["tensors"].toInt(), 20);
    QCOMPARE(document["bytes_read"].toInteger(), 10 * (1000 * 1000 + 1000) * 4);
    QCOMPARE(document["bytes_written"].toInteger(), size);
    QCOMPARE(document["verified"].toBool(true), false);
    QVERIFY(document["peak_anon"].toInteger() <= 64 << 20);
}

void TstCliConvert::dryRunWritesNothing() {
    const QString destination = path("out/dry.safetensors");
    const ProcessResult text = runCli({"convert", path("ten.pth"), destination, "--dtype", "bf16", "--dry-run"});
    STATUS_IS(text, 0);
    QVERIFY2(text.out.startsWith(destination.toUtf8() + ": "), text.out.constData());
    QVERIFY2(text.out.contains("cast f32 to bf16: 20 tensors, may lose precision\n"), text.out.constData());
    const QJsonObject plan =
        jsonOf(runCli({"convert", path("ten.pth"), destination, "--dtype", "bf16", "--dry-run", "--json"}).out);
    QCOMPARE(plan["casts"].toArray().size(), 20);
    QCOMPARE(leftovers(), QStringList());
    STATUS_IS(runCli({"convert", path("ten.pth"), destination, "--dtype", "bf16"}), 0);
    QCOMPARE(plan["files"].toArray()[0].toObject()["bytes"].toInteger(), QFileInfo(destination).size());
}

void TstCliConvert::selection_data() {
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<int>("tensors");
    QTest::newRow("drop") << QStringList{"--drop", "*.bias"} << 10;
    QTest::newRow("drop twice") << QStringList{"--drop", "*.bias", "--drop", "size>1M"} << 0;
    QTest::newRow("keep") << QStringList{"--keep", "*.bias"} << 10;
    QTest::newRow("keep and drop") << QStringList{"--keep", "*.bias", "--drop", "linears.0.*"} << 9;
}

void TstCliConvert::selection() {
    QFETCH(QStringList, options);
    QFETCH(int, tensors);
    const QString destination = path("out/selected.pth");
    const ProcessResult result = runCli(QStringList{"convert", path("ten.pth"), destination, "--json"} + options);
    if (tensors == 0) {
        STATUS_IS(result, 2);
        QCOMPARE(leftovers(), QStringList());
        return;
    }
    STATUS_IS(result, 0);
    QCOMPARE(jsonOf(result.out)["tensors"].toInt(), tensors);
    const QJsonObject written = jsonOf(runCli({"inspect", destination, "--json"}).out);
    QCOMPARE(written["tensors"].toArray().size(), tensors);
}

void TstCliConvert::sharded() {
    const QString destination = path("shards");
    const ProcessResult result =
        runCli({"convert", path("ten.pth"), destination, "--to", "safetensors", "--max-shard-size", "10MB", "--json"});
    STATUS_IS(result, 0);
    const QJsonObject document = jsonOf(result.out);
    QVERIFY(document["files"].toArray().size() > 4);  // the index is one of them
    for (const auto& value : document["files"].toArray()) {
        const QJsonObject file = value.toObject();
        QCOMPARE(QFileInfo(file["path"].toString()).size(), file["bytes"].toInteger());
    }
    const QJsonObject opened = jsonOf(runCli({"inspect", destination + "/model.safetensors.index.json", "--json"}).out);
    QCOMPARE(opened["format"].toString(), "safetensors-index");
    QCOMPARE(opened["tensors"].toArray().size(), 20);
    QCOMPARE(opened["warnings"].toArray().size(), 0);
}

void TstCliConvert::existingDestination() {
    const QString destination = path("out/mine.pth");
    QVERIFY(writeFile(destination, "mine"));
    const ProcessResult refused = runCli({"convert", path("ten.pth"), destination});
    STATUS_IS(refused, 1);
    QVERIFY2(refused.err.startsWith("plimsoll: " + destination.toUtf8() + ": "), refused.err.constData());
    QCOMPARE(readFile(destination), QByteArray("mine"));
    QCOMPARE(leftovers(), QStringList{"mine.pth"});
    STATUS_IS(runCli({"convert", path("ten.pth"), destination, "--overwrite"}), 0);
    QVERIFY(QFileInfo(destination).size() > 40'000'000);
}

void TstCliConvert::failures_data() {
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("destination");
    QTest::addColumn<QString>("names");
    QTest::newRow("no source") << "missing.pth"
                               << "out/x.pth"
                               << "missing.pth";
    QTest::newRow("no directory") << "ten.pth"
                                  << "out/missing/x.pth"
                                  << "missing/x.pth";
    QTest::newRow("onto itself") << "ten.pth"
                                 << "ten.pth"
                                 << "ten.pth";
}

void TstCliConvert::failures() {
    QFETCH(QString, source);
    QFETCH(QString, destination);
    QFETCH(QString, names);
    const QByteArray before = readFile(path("ten.pth"));
    const ProcessResult result = runCli({"convert", path(source), path(destination), "--overwrite", "--dtype", "bf16"});
    STATUS_IS(result, 1);
    QCOMPARE(result.err.count('\n'), 1);
    QVERIFY2(result.err.contains(names.toUtf8()), result.err.constData());
    QVERIFY(readFile(path("ten.pth")) == before);
    QCOMPARE(leftovers(), QStringList());
}

void TstCliConvert::signalLeavesWhatIsDone_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("signal");
    const QString source = path("big.safetensors");
    const QStringList convert{"convert", source, path("out/model.pth"), "--dtype", "bf16"};
    QTest::newRow("convert, SIGINT") << convert << SIGINT;
    QTest::newRow("convert, SIGTERM") << convert << SIGTERM;
    QTest::newRow("sample, SIGINT") << QStringList{"sample", "gpt2-medium", path("out/model.pth"), "--dtype", "f64"}
                                    << SIGINT;
}

void TstCliConvert::signalLeavesWhatIsDone() {
    QFETCH(QStringList, arguments);
    QFETCH(int, signal);
    // 4 GiB of holes: nothing on the disk, seconds of work.
    constexpr qint64 kElements = qint64{1} << 30;
    QByteArray header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[" + QByteArray::number(kElements) +
                        "],\"data_offsets\":[0," + QByteArray::number(4 * kElements) + "]}}";
    QVERIFY(writeFile(path("big.safetensors"), littleEndian<quint64>({static_cast<quint64>(header.size())}) + header));
    QVERIFY(QFile::resize(path("big.safetensors"), 8 + header.size() + 4 * kElements));

    QProcess process;
    process.start(builtProgram("plimsoll-cli"), arguments + QStringList{"--progress", "json"});
    QVERIFY(process.waitForStarted());
    // The first line of progress says that the work is under way.
    process.setReadChannel(QProcess::StandardError);
    QVERIFY(process.waitForReadyRead());
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), signal), 0);
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 130);
    QVERIFY(process.readAllStandardError().endsWith("model.pth: cancelled\n"));
    // A sample is made again in the time that resuming would take.
    const bool resumable = arguments.first() == "convert";
    QCOMPARE(leftovers(), resumable ? (QStringList{"model.pth.partial", "model.pth.partial.journal"}) : QStringList());
}

void TstCliConvert::progressLines() {
    const ProcessResult result = runCli({"convert", path("ten.pth"), path("l.pth"), "--progress", "json"});
    STATUS_IS(result, 0);
    const auto lines = result.err.trimmed().split('\n');
    const QJsonObject last = jsonOf(lines.last());
    QCOMPARE(last["label"].toString(), "converting");
    QCOMPARE(last["done"].toInteger(), last["total"].toInteger());
    QCOMPARE(last["total"].toInteger(), 10 * (1000 * 1000 + 1000) * 4);
}

void TstCliConvert::killedAnywhere_data() {
    QTest::addColumn<QString>("to");
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<bool>("over");
    QTest::addColumn<int>("rounds");
    const QStringList shards{"--to", "safetensors", "--max-shard-size", "2MB"};
    QTest::newRow("pth") << "model.pth" << QStringList{} << false << 100;
    QTest::newRow("shards") << "shards" << shards << false << 30;
    QTest::newRow("shards over an older set") << "shards" << shards << true << 30;
    QTest::newRow("a file per tensor") << "tensors" << QStringList{"--to", "tensors"} << false << 30;
    QTest::newRow("dcp") << "dcp" << QStringList{"--to", "dcp", "--shards", "3"} << false << 30;
    QTest::newRow("npz") << "model.npz" << QStringList{"--dtype", "f16"} << false << 30;
}

// SIGKILL at many moments of its run: an older output is whole until the new one is, and what --resume makes of what is
// left is what an undisturbed run makes.
void TstCliConvert::killedAnywhere() {
    QFETCH(QString, to);
    QFETCH(QStringList, options);
    QFETCH(bool, over);
    QFETCH(int, rounds);
    const QString source = path("some.pth");
    if (!QFile::exists(source)) STATUS_IS(runCli({"convert", path("ten.pth"), source, "--keep", "linears.[0-2].*"}), 0);
    if (!options.contains("--dtype")) options += {"--dtype", "bf16"};
    // Small blocks and one thread: many moments between which something changes.
    options += {"--memory", "512KiB", "--threads", "1"};
    const auto convert = [&](const QString& name) { return QStringList{"convert", source, path(name)} + options; };
    QElapsedTimer timer;
    timer.start();
    const QString whole = (over ? "over-" : "whole-") + to;
    STATUS_IS(runCli(convert(whole)), 0);
    const auto wholeMs = static_cast<quint32>(timer.elapsed());
    const QByteArray expected = contentOf(path(whole));
    const QString name = "out/" + to;
    if (over) options << "--overwrite";
    int resumed = 0;
    QRandomGenerator random(11);
    for (int round = 0; round < rounds; ++round) {
        init();
        const QString older = name + "/model-00001-of-00002.safetensors";
        if (over) QVERIFY(QDir().mkdir(path(name)) && QFile::copy(source, path(older)));
        const QByteArray before = over ? contentOf(path(name)) : QByteArray();
        QProcess process;
        process.start(builtProgram("plimsoll-cli"), convert(name));
        QVERIFY(process.waitForStarted());
        process.waitForFinished(static_cast<int>(random.bounded(wholeMs + 2)));
        process.kill();
        process.waitForFinished();
        const bool there = QFileInfo::exists(path(name));
        const QByteArray left = there ? contentOf(path(name)) : QByteArray();
        QVERIFY2(left == before || left == expected, qPrintable(QString::number(round)));
        if (left != expected || leftovers().contains(to + ".partial")) {
            const ProcessResult result = runCli(convert(name) + QStringList{"--resume", "--json"});
            STATUS_IS(result, 0);
            const QJsonObject document = jsonOf(result.out);
            const bool wentOn = document.contains("resumed_bytes");
            if (wentOn) ++resumed;
            QCOMPARE(document["loss"].isNull(), wentOn);  // nobody measured it before the kill
        }
        QVERIFY2(contentOf(path(name)) == expected, qPrintable(QString::number(round)));
        // A kill between the rename and the end of the program leaves the journal, which then says nothing any more.
        for (const QString& other : leftovers()) QVERIFY(other.startsWith(to) && !other.endsWith(".partial"));
    }
    QVERIFY2(resumed > rounds / 10, qPrintable(QString::number(resumed)));
}

void TstCliConvert::verifiedAndLoss() {
    const ProcessResult result = runCli(
        {"convert", path("ten.pth"), path("v.pth"), "--dtype", "f16", "--verify", "--json", "--rule", "*.bias=keep"});
    STATUS_IS(result, 0);
    const QJsonObject document = jsonOf(result.out);
    QCOMPARE(document["verified"].toBool(), true);
    const QJsonArray loss = document["loss"].toArray();
    QCOMPARE(loss.size(), 10);
    const QJsonObject first = loss[0].toObject();
    QCOMPARE(first["name"].toString(), "linears.0.weight");
    QCOMPARE(first["from"].toString(), "float32");
    QCOMPARE(first["to"].toString(), "float16");
    QVERIFY(first["max_abs"].toDouble() > 0 && first["rms"].toDouble() < first["max_abs"].toDouble());
    const ProcessResult table =
        runCli({"convert", path("ten.pth"), path("w.pth"), "--dtype", "f16", "--verify", "--loss"});
    STATUS_IS(table, 0);
    QVERIFY2(table.out.contains("underflow") && table.out.contains("f32 to f16"), table.out.constData());
    QVERIFY2(table.out.contains("verified: "), table.out.constData());
    QVERIFY(readFile(path("w.pth")).size() > 20'000'000);
}

// torch's conjugate and negative views come out as their values, wherever elements are read.
void TstCliConvert::lazyViews() {
    NEEDS_PEER();
    const QString lazy = dir_.filePath("lazy.pth");
    const QString out = dir_.filePath("lazy.safetensors");
    PEER_OK(R"(import sys, torch
torch.manual_seed(0)
z = torch.randn(5, 6, dtype=torch.complex64)
state = {'plain': z, 'conj': z.conj(), 'turned': z[1:4, ::2].conj().t(), 'neg': z.clone().conj().imag, 'half': torch._neg_view(torch.randn(8).half()),
         'count': torch._neg_view(torch.arange(6)), 'both': torch._neg_view(z.conj())}
assert state['conj'].is_conj() and state['neg'].is_neg() and state['both'].is_conj() and state['both'].is_neg()
torch.save({'state_dict': state}, sys.argv[1]))",
            {lazy});
    const ProcessResult result = runCli({"convert", lazy, out, "--weights-only"});
    STATUS_IS(result, 0);
    PEER_OK(R"(import sys, torch, safetensors.torch
want = torch.load(sys.argv[1])['state_dict']
got = safetensors.torch.load_file(sys.argv[2])
assert want.keys() == got.keys(), got.keys()
for k, v in want.items():
    v = v.resolve_conj().resolve_neg()
    assert v.dtype == got[k].dtype and torch.equal(v, got[k]), k)",
            {lazy, out});
    STATUS_IS(runCli({"diff", lazy, out, "--values", "--rename", "state_dict="}), 0);
    const ProcessResult shown = runCli({"show", lazy, "state_dict.count"});
    QVERIFY2(shown.out.endsWith("[ 0 -1 -2 -3 -4 -5]\n"), shown.out.constData());
}

QTEST_APPLESS_MAIN(TstCliConvert)
#include "tst_cli_convert.moc"
