// SPDX-License-Identifier: GPL-3.0-or-later
#include <csignal>

#include <sys/types.h>

#include "cli.h"

// `load` with the real loader; skipped where it was not built.
class TstCliLoad : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void withoutLoader();
    void allStrategies();
    void tableAndCurves();
    void predicts();
    void prints();
    void snippetsRun();
    void writesAReport();
    void reopensAReport();
    void refuses_data();
    void refuses();
    void unknownDevice();
    void signalStops();

private:
    QString model() const { return dir_.filePath("ten.pth"); }

    bool hasLoader_ = false;
    QTemporaryDir dir_;
};

#define NEEDS_LOADER() \
    if (!hasLoader_) QSKIP("plimsoll-loader is not built (packaging/setup.sh installs LibTorch)")

void TstCliLoad::initTestCase() {
    hasLoader_ = QFileInfo::exists(builtProgram("plimsoll-loader"));
    STATUS_IS(runCli({"sample", "linear10", model()}), 0);
}

// A program without its loader says what to do.
void TstCliLoad::withoutLoader() {
    const QString alone = dir_.filePath("plimsoll-cli");
    QVERIFY(QFile::copy(builtProgram("plimsoll-cli"), alone));
    const ProcessResult result = runProcess(alone, {"load", model(), "--strategy", "baseline"});
    STATUS_IS(result, 1);
    QVERIFY2(result.err.contains("plimsoll-loader"), result.err.constData());
}

void TstCliLoad::allStrategies() {
    NEEDS_LOADER();
    const ProcessResult result = runCli({"load", model(), "--strategy", "all", "--json"});
    STATUS_IS(result, 0);
    const QJsonObject document = jsonOf(result.out);
    const qint64 bytes = 10 * (1000 * 1000 + 1000) * 4;
    QCOMPARE(document["path"].toString(), model());
    QCOMPARE(document["device"].toString(), "cpu");
    QCOMPARE(document["model_bytes"].toInteger(), bytes);
    const QJsonArray runs = document["runs"].toArray();
    QCOMPARE(runs.size(), 8);
    for (const auto& value : runs) {
        const QJsonObject run = value.toObject();
        QVERIFY2(run["error"].isNull(), qPrintable(run["error"].toString()));
        QVERIFY(run["verified"].toBool());
        // What a strategy casts has another checksum than what it leaves as it is.
        const bool casts = run["strategy"] == "lazy" || run["strategy"] == "mmap-process";
        QCOMPARE(run["dtype"], casts ? QJsonValue("bfloat16") : QJsonValue());
        QCOMPARE(run["checksum"] == runs[0].toObject()["checksum"], !casts);
        QVERIFY(!run["samples"].toArray().isEmpty());
        QVERIFY(run["device"].isNull());
        const QJsonObject host = run["host"].toObject();
        QVERIFY(host["baseline"].toInteger() > 0);
        QVERIFY(host["peak_rss"].toInteger() > bytes / 2);
    }
}

void TstCliLoad::tableAndCurves() {
    NEEDS_LOADER();
    const QString csv = dir_.filePath("curves.csv");
    const ProcessResult result = runCli({"load", model(), "--strategy", "streamed,baseline,streamed", "--csv", csv});
    STATUS_IS(result, 0);
    const auto lines = result.out.trimmed().split('\n');
    QCOMPARE(lines.size(), 5);  // model, titles, a strategy each (the third was asked for twice), what <= means
    QVERIFY2(lines[2].startsWith("streamed ") && lines[2].endsWith("verified"), lines[2].constData());
    QVERIFY2(lines[3].startsWith("baseline ") && lines[3].endsWith("verified"), lines[3].constData());
    QVERIFY2(lines[2].contains(" <= ") && lines[4].startsWith("<= "), lines[4].constData());
    const QByteArray curves = readFile(csv);
    QVERIFY(curves.startsWith("strategy,phase,seconds,rss,"));
    QVERIFY(curves.contains("\nstreamed,") && curves.contains("\nbaseline,"));
}

// Needs no loader: nothing is run.
void TstCliLoad::predicts() {
    const ProcessResult json =
        runCli({"load", model(), "--strategy", "all", "--predict-only", "--json", "--host-memory", "265MB"});
    STATUS_IS(json, 0);
    const QJsonArray runs = jsonOf(json.out)["runs"].toArray();
    QCOMPARE(runs.size(), 8);
    for (const auto& value : runs) {
        const QJsonObject run = value.toObject();
        const bool twice = QStringList({"baseline", "sequential", "meta"}).contains(run["strategy"].toString());
        QCOMPARE(run["fits"].toBool(), !twice);  // 40 MB of weights, 190 MB of the process
        QVERIFY(run["seconds"].isNull());
    }
    const ProcessResult table = runCli({"load", model(), "--strategy", "streamed", "--predict-only", "--device",
                                        "cuda:0", "--device-memory", "100MB", "--host-memory", "1GB"});
    STATUS_IS(table, 0);
    QVERIFY2(table.out.contains("does not fit"), table.out.constData());
}

void TstCliLoad::prints() {
    const ProcessResult result = runCli({"load", "--snippet", "mmap-assign"});
    STATUS_IS(result, 0);
    QVERIFY2(result.out.startsWith("import torch") && result.out.contains("assign=True"), result.out.constData());
    const ProcessResult device = runCli({"load", "--snippet", "meta", "--device", "cuda"});
    QVERIFY2(device.out.contains("device = \"cuda:0\""), device.out.constData());
}

// In Python as they are printed: each fills the model with the file's values, in the type that the strategy gives.
void TstCliLoad::snippetsRun() {
    NEEDS_PEER();
    QStringList snippets;  // each after the type that it gives
    const auto add = [&](const char* dtype, const char* name, const QStringList& options = {}) {
        const ProcessResult result = runCli(QStringList{"load", "--snippet", name} + options);
        STATUS_IS(result, 0);
        snippets << dtype << QString::fromUtf8(result.out);
    };
    for (const char* name : {"baseline", "sequential", "meta", "mmap-assign", "per-tensor", "streamed"})
        add("float32", name);
    for (const char* name : {"mmap-process", "lazy"}) add("bfloat16", name);
    for (const char* name : {"mmap-process", "lazy", "streamed"}) add("float16", name, {"--dtype", "f16"});
    add("float32", "meta", {"--dtype", "f16"});
    QVERIFY(!snippets.join(QString()).contains('@'));
    PEER_OK(QStringLiteral(R"(
import os, sys, torch
os.chdir(sys.argv[1])
os.symlink("ten.pth", "checkpoint.pth")
weights = torch.load("checkpoint.pth", weights_only=True)
os.mkdir("parts")
for name, tensor in weights.items(): torch.save(tensor.clone(), f"parts/{name}.pt")

class Ten(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linears = torch.nn.ModuleList(torch.nn.Linear(1000, 1000) for _ in range(10))

for dtype, snippet in zip(sys.argv[2::2], sys.argv[3::2]):
    names = {"Model": Ten}
    exec(snippet, names)
    held = names["model"].state_dict()
    assert held.keys() == weights.keys(), snippet
    dtype = getattr(torch, dtype)
    for name, tensor in held.items():
        assert tensor.dtype == dtype and torch.equal(tensor, weights[name].to(dtype)), (name, snippet)
)"),
            QStringList{dir_.path()} + snippets);
}

void TstCliLoad::writesAReport() {
    NEEDS_LOADER();
    const QString folder = dir_.filePath("report");
    const ProcessResult result = runCli({"load", model(), "--strategy", "streamed,mmap-assign", "--repeat", "2",
                                         "--cache", "cold", "--report", folder, "--plot", dir_.filePath("curves.svg")});
    STATUS_IS(result, 0);
    QVERIFY(readFile(dir_.filePath("curves.svg")).contains("</svg>"));
    QVERIFY(readFile(folder + "/report.md").contains("`mmap-assign`"));
    const QJsonArray runs = jsonOf(readFile(folder + "/report.json"))["runs"].toArray();
    QCOMPARE(runs.size(), 4);
    QCOMPARE(runs[1].toObject()["strategy"].toString(), "mmap-assign");
    QCOMPARE(runs[2].toObject()["strategy"].toString(), "streamed");
    QCOMPARE(runs[2].toObject()["round"].toInt(), 1);
    QCOMPARE(runs[0].toObject()["cache"].toObject()["asked"].toString(), "cold");
}

// Needs no loader: what was saved is shown again, and drawn.
void TstCliLoad::reopensAReport() {
    const auto run = [](const QString& strategy, int round, double seconds) {
        const QJsonObject host{{"peak_rss", 3000000}, {"peak_anon", 2000000}, {"peak_file", 1000000},
                               {"vm_hwm", 3000000},   {"baseline", 1000},     {"baseline_anon", 0},
                               {"baseline_file", 0}};
        return QJsonObject{
            {"strategy", strategy},
            {"round", round},
            {"seconds", seconds},
            {"checksum", "ab"},
            {"verified", true},
            {"host", host},
            {"device", QJsonValue()},
            {"predicted", QJsonValue()},
            {"phases", QJsonArray()},
            {"error", QJsonValue()},
            {"outcome", "loaded"},
            {"samples",
             QJsonArray{
                 QJsonObject{
                     {"t", 0}, {"rss", 1}, {"anon", 2}, {"file", 3}, {"device_allocated", 0}, {"device_reserved", 0}},
                 QJsonObject{{"t", seconds},
                             {"rss", 9},
                             {"anon", 8},
                             {"file", 1},
                             {"device_allocated", 0},
                             {"device_reserved", 0}}}}};
    };
    const QJsonObject report{{"path", "far/away.pth"},
                             {"device", "cpu"},
                             {"model_bytes", 1900000},
                             {"runs", QJsonArray{run("streamed", 0, 1.0), run("streamed", 1, 3.0)}}};
    QVERIFY(QDir().mkpath(dir_.filePath("saved")));
    QVERIFY(writeFile(dir_.filePath("saved/report.json"), QJsonDocument(report).toJson()));
    const QString svg = dir_.filePath("again.svg");
    const ProcessResult table = runCli({"load", "--from", dir_.filePath("saved"), "--plot", svg});
    STATUS_IS(table, 0);
    QVERIFY2(table.out.contains("far/away.pth") && table.out.contains("2.000 (1.000 to 3.000)"), table.out.constData());
    QVERIFY(readFile(svg).contains("</svg>"));
    const ProcessResult json = runCli({"load", "--from", dir_.filePath("saved/report.json"), "--json"});
    STATUS_IS(json, 0);
    QCOMPARE(jsonOf(json.out)["runs"].toArray().size(), 2);
    const QString png = dir_.filePath("again.png");
    const ProcessResult picture = runCli({"load", "--from", dir_.filePath("saved"), "--plot", png});
    if (!picture.err.contains("without cairo")) {
        STATUS_IS(picture, 0);
        QVERIFY(readFile(png).startsWith("\x89PNG"));
    }
    STATUS_IS(runCli({"load", "--from", model()}), 1);
    // What cannot be written takes nothing else with it.
    const ProcessResult lost = runCli({"load", "--from", dir_.filePath("saved"), "--csv", dir_.filePath("no/where.csv"),
                                       "--plot", dir_.filePath("third.svg")});
    STATUS_IS(lost, 1);
    QVERIFY2(lost.err.contains("where.csv"), lost.err.constData());
    QVERIFY2(lost.out.contains("2.000 (1.000 to 3.000)"), lost.out.constData());
    QVERIFY(readFile(dir_.filePath("third.svg")).contains("</svg>"));
}

void TstCliLoad::refuses_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("no strategy") << QStringList{model()};
    QTest::newRow("no path") << QStringList{"--strategy", "all"};
    QTest::newRow("unknown snippet") << QStringList{"--snippet", "magic"};
    QTest::newRow("a plot that is neither SVG nor PNG") << QStringList{model(), "--strategy", "all", "--plot", "x.gif"};
    QTest::newRow("a size that is none") << QStringList{model(), "--strategy", "all", "--limit-host", "much"};
    QTest::newRow("a device's limit without a device")
        << QStringList{model(), "--strategy", "all", "--limit-device", "1GB"};
    QTest::newRow("a cache state that is none") << QStringList{model(), "--strategy", "all", "--cache", "lukewarm"};
    QTest::newRow("no rounds") << QStringList{model(), "--strategy", "all", "--repeat", "0"};
}

void TstCliLoad::refuses() {
    QFETCH(const QStringList, arguments);
    STATUS_IS(runCli(QStringList{"load"} + arguments), 2);
}

void TstCliLoad::unknownDevice() {
    NEEDS_LOADER();
    const ProcessResult result = runCli({"load", model(), "--strategy", "baseline", "--device", "cuda:77", "--json"});
    STATUS_IS(result, 2);
    QVERIFY2(result.err.contains("there is no device 'cuda:77' here (found: cpu"), result.err.constData());
    QCOMPARE(result.out, QByteArray());
}

void TstCliLoad::signalStops() {
    NEEDS_LOADER();
    QProcess process;
    process.start(builtProgram("plimsoll-cli"), {"load", model(), "--strategy", "all", "--progress", "json"});
    QVERIFY(process.waitForStarted());
    process.setReadChannel(QProcess::StandardError);
    QVERIFY(process.waitForReadyRead());
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), SIGTERM), 0);
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 130);
}

QTEST_APPLESS_MAIN(TstCliLoad)
#include "tst_cli_load.moc"
