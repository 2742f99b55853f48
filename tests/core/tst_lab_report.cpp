// SPDX-License-Identifier: GPL-3.0-or-later
// What surrounds the runs: limits, the page cache, summaries, reports and their reader.
#include <QtTest>

#include <QXmlStreamReader>

#include "base/glob.h"
#include "lab/chart.h"
#include "lab/memory_limit.h"
#include "lab/page_cache.h"
#include "lab/report_files.h"
#include "lab/report_json.h"
#include "lab/report_reader.h"
#include "lab/summary.h"

using namespace plimsoll;

namespace {

LoadRun runOf(const char* strategy, double seconds, std::uint64_t anon) {
    LoadRun run;
    run.strategy = strategy;
    run.device = "cpu";
    run.seconds = seconds;
    run.checksum = "ab";
    run.verified = true;
    run.host.baselineAnon = 100;
    run.host.peakAnon = anon;
    run.host.peakFile = 7;
    run.predicted = Prediction{anon, 8, 0, 0};
    run.timeline.phases = {{"open", 0, 0.5}, {"read", 0.5, seconds}};
    for (int n = 0; n < 50; ++n) {
        TimelinePoint point;
        point.seconds = seconds * n / 50;
        point.rss = point.anon = 100 + anon * static_cast<std::uint64_t>(n) / 50;
        point.swap = 3;
        point.diskRead = 4;
        run.timeline.points.push_back(point);
    }
    return run;
}

LoadReport someReport() {
    LoadReport report{"dir/a & b|c.pth", "cpu", 640, {}, "a machine <1>"};
    report.runs = {runOf("streamed", 1, 1000), runOf("baseline", 4, 2000), runOf("streamed", 3, 1200),
                   runOf("baseline", 5, 2000), runOf("streamed", 2, 1100)};
    report.runs[2].round = 1;
    report.runs[3].verified = false;
    report.runs[3].outOfMemory = true;
    report.runs[3].error = "out of memory: bad_alloc at 'read' | \"quoted\"";
    report.runs[3].notes = {"limited to 1 GB"};
    report.runs[3].hostLimit = 1'000'000'000;
    report.runs[4].cache = CacheState::Cold;
    report.runs[4].cachedBefore = 0.25;
    report.runs[4].diskReadBytes = 640;
    report.runs[4].dtype = DType::BF16;
    report.runs[4].devicePeaks = DevicePeaks{1, 2, 3};
    return report;
}

bool isXml(const std::string& text) {
    QXmlStreamReader reader(QByteArray::fromStdString(text));
    while (!reader.atEnd()) reader.readNext();
    return !reader.hasError();
}

}  // namespace

class TstLabReport : public QObject {
    Q_OBJECT
private slots:
    void summarizes();
    void conditionsAreNotMixed();
    void readsWhatItWrites();
    void tellsReportsFromOthers_data();
    void tellsReportsFromOthers();
    void refusesWhatIsNoReport_data();
    void refusesWhatIsNoReport();
    void refusesADamagedMember_data();
    void refusesADamagedMember();
    void showsTheLargestFigures();
    void writesAReport();
    void showsTheWholeDevice();
    void plotsAreXml();
    void limitsByAGroup();
    void limitsWithoutAGroup();
    void refusesALimitBelowTheStart();
    void choosesTheCache();
};

void TstLabReport::summarizes() {
    auto report = someReport();
    report.runs[3].hostLimit.reset();
    report.runs[4].cache = CacheState::AsIs;
    report.runs[4].dtype.reset();
    const auto summaries = summarize(report);
    QCOMPARE(summaries.size(), 2U);
    QCOMPARE(summaries[0].strategy, std::string("streamed"));
    QCOMPARE(summaries[0].runs, 3U);
    QCOMPARE(summaries[0].loaded, 3U);
    QCOMPARE(summaries[0].seconds.median, 2.0);
    QCOMPARE(summaries[0].seconds.low, 1.0);
    QCOMPARE(summaries[0].seconds.high, 3.0);
    QCOMPARE(summaries[0].anon.median, 1100.0);
    QCOMPARE(summaries[1].runs, 2U);
    QCOMPARE(summaries[1].loaded, 1U);
    QCOMPARE(summaries[1].seconds.median, 4.0);  // a run that failed has no part in the figures
    QVERIFY(summaries[1].failure.starts_with("out of memory"));
}

// A cold run and a warm one have no median, nor has one that had a limit with one that had none.
void TstLabReport::conditionsAreNotMixed() {
    auto report = someReport();
    report.runs.push_back(report.runs[0]);
    report.runs.back().cancelled = true;  // by the person: nothing was tried
    const auto summaries = summarize(report);
    QCOMPARE(summaries.size(), 4U);
    QCOMPARE(summaries[0].strategy, std::string("streamed"));
    QCOMPARE(summaries[0].runs, 2U);
    QCOMPARE(conditionsText(summaries[0].conditions), std::string());
    QCOMPARE(summaries[1].strategy, std::string("baseline"));
    QCOMPARE(summaries[1].loaded, 1U);
    QCOMPARE(conditionsText(summaries[2].conditions), std::string("host limit 954 MiB"));
    QCOMPARE(summaries[2].loaded, 0U);
    QCOMPARE(conditionsText(summaries[3].conditions), std::string("cold cache"));
    // Nor one bar or curve, nor one name for two of them.
    const BarChart bars = peakBars(report);
    QCOMPARE(bars.bars.size(), 4U);
    QCOMPARE(bars.bars[0].name, std::string("streamed"));
    QCOMPARE(bars.bars[1].name, std::string("baseline"));
    QCOMPARE(bars.bars[2].name, std::string("baseline, host limit 954 MiB"));
    QCOMPARE(bars.bars[3].name, std::string("streamed to bf16, cold cache"));
    QStringList curves;
    for (const ChartCurve& curve : memoryCurves(report).curves)
        if (!curve.name.empty()) curves << QString::fromStdString(curve.name);
    QCOMPARE(curves,
             QStringList({"streamed", "baseline", "baseline, host limit 954 MiB", "streamed to bf16, cold cache"}));
    const std::string page = reportMarkdown(report);
    QVERIFY(page.find("| `streamed` to bf16, cold cache | 1/1 ") != std::string::npos);
    QCOMPARE(page.find("- `baseline`: "), page.rfind("- `baseline`: "));  // once
}

void TstLabReport::readsWhatItWrites() {
    QTemporaryDir dir;
    const auto report = someReport();
    const QString path = dir.filePath("report.json");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    const std::string text = loadReportJson(report);
    file.write(text.data(), static_cast<qint64>(text.size()));
    file.close();
    QVERIFY(isLoadReport(path.toStdString()));
    QVERIFY(isLoadReport(dir.path().toStdString()));
    const auto back = readLoadReport(path.toStdString());
    QVERIFY2(back, back ? "" : back.error().what.c_str());
    QCOMPARE(back->path, report.path);
    QCOMPARE(back->machine, report.machine);
    QCOMPARE(back->runs.size(), report.runs.size());
    // Everything that is written was read: the second document is the first.
    QCOMPARE(QByteArray::fromStdString(loadReportJson(*back)), QByteArray::fromStdString(text));
}

void TstLabReport::tellsReportsFromOthers_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("is");
    QTest::newRow("laid out by another program")
        << QByteArray("\n{\n  \"device\" : \"cpu\",\n  \"model_bytes\": 1, \"path\": \"a\"\n}") << true;
    QTest::newRow("an index") << QByteArray(R"({"metadata": {"model_bytes": 1}, "weight_map": {}})") << false;
    QTest::newRow("empty") << QByteArray() << false;
    QTest::newRow("cut") << QByteArray(R"({"path": )") << false;
    QTest::newRow("a zip archive") << QByteArray("PK\3\4") + QByteArray(100, '\0') << false;
}

void TstLabReport::tellsReportsFromOthers() {
    QFETCH(const QByteArray, text);
    QTemporaryFile file;
    QVERIFY(file.open());
    file.write(text);
    file.close();
    QTEST(isLoadReport(file.fileName().toStdString()), "is");
}

void TstLabReport::refusesWhatIsNoReport_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("words");
    QTest::newRow("empty") << QByteArray() << "no JSON";
    QTest::newRow("cut") << QByteArray(R"({"path": "a", "dev)") << "no JSON";
    QTest::newRow("a list") << QByteArray("[]") << "an object";
    QTest::newRow("no runs") << QByteArray(R"({"path": "a", "device": "cpu", "model_bytes": 1})") << "'runs'";
    QTest::newRow("runs of numbers") << QByteArray(R"({"path":"a","device":"cpu","model_bytes":1,"runs":[1]})")
                                     << "an object";
    QTest::newRow("negative bytes") << QByteArray(R"({"path": "a", "device": "cpu", "model_bytes": -1, "runs": []})")
                                    << "'model_bytes'";
    QTest::newRow("an empty run") << QByteArray(R"({"path":"a","device":"cpu","model_bytes":1,"runs":[{}]})")
                                  << "'strategy'";
}

void TstLabReport::refusesWhatIsNoReport() {
    QFETCH(const QByteArray, text);
    QFETCH(const QString, words);
    QTemporaryFile file;
    QVERIFY(file.open());
    file.write(text);
    file.close();
    const auto report = readLoadReport(file.fileName().toStdString());
    QVERIFY(!report);
    QCOMPARE(report.error().code, Errc::Corrupt);
    QVERIFY2(QString::fromStdString(report.error().what).contains(words), report.error().what.c_str());
}

void TstLabReport::refusesADamagedMember_data() {
    QTest::addColumn<QByteArray>("member");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* member, const char* value, const char* words) {
        QTest::addRow("%s: %s", member, value) << QByteArray(member) << QByteArray(value) << QString(words);
    };
    const char* const kOther = "is of another kind";
    const char* const kFar = "is no figure that can be measured";
    for (const char* member : {"model_bytes", "baseline", "peak_swap", "host_anon", "disk_read_bytes", "rss", "round",
                               "parameters", "device_used"}) {
        row(member, "\"x\"", kOther);
        row(member, "-1", kOther);
        row(member, "1.5", kOther);
        row(member, "18446744073709551615", kFar);
        row(member, "[]", kOther);
    }
    for (const char* member : {"seconds", "t", "start", "end", "cached_before"}) {
        row(member, "\"x\"", kOther);
        row(member, "-1", kFar);
        row(member, "1.797e308", kFar);
        row(member, "NaN", "no JSON");
        row(member, "1e999", "no JSON");
    }
    for (const char* member : {"path", "machine", "strategy", "checksum", "name", "error", "outcome", "asked", "dtype"})
        row(member, "5", kOther);
    for (const char* member : {"outcome", "asked", "dtype"}) row(member, "\"magic\"", "is none that is known here");
    for (const char* member : {"host", "samples", "phases", "verified", "t", "rss", "name", "peak_anon"})
        row(member, "null", "is absent");
    for (const char* member : {"strategy", "name"})
        for (const char* value : {"\"a,b\"", "\"`x`\"", "\"a|b\"", "\"\\u001b[31m\"", "\"a\\nb\""})
            row(member, value, "is no name");
    row("verified", "1", kOther);
    row("notes", "[5]", kOther);
    row("notes", "\"x\"", kOther);
    row("limits", "[]", "an object");
    row("cache", "7", "an object");
    row("host", "7", "an object");
}

// In a report that is good otherwise. What is not said is not taken for a measured zero.
void TstLabReport::refusesADamagedMember() {
    QFETCH(const QByteArray, member);
    QFETCH(const QByteArray, value);
    QFETCH(const QString, words);
    auto report = someReport();
    report.runs = {report.runs[4]};
    report.runs[0].timeline.points.resize(1);
    report.runs[0].timeline.phases.resize(1);
    auto text = QByteArray::fromStdString(loadReportJson(report));
    const auto at = text.indexOf('"' + member + "\":") + member.size() + 3;
    QVERIFY(at > member.size() + 3);
    auto end = at;
    for (int depth = 0; depth > 0 || (text[end] != ',' && text[end] != '}'); ++end) {
        if (text[end] == '[' || text[end] == '{') ++depth;
        if (text[end] == ']' || text[end] == '}') --depth;
    }
    text.replace(at, end - at, value);
    QTemporaryFile file;
    QVERIFY(file.open());
    file.write(text);
    file.close();
    const auto read = readLoadReport(file.fileName().toStdString());
    QVERIFY2(!read, text.constData());
    QCOMPARE(read.error().code, Errc::Corrupt);
    const QString what = QString::fromStdString(read.error().what);
    QVERIFY2(what.contains(words), qPrintable(what));
    if (words.startsWith("is")) QVERIFY2(what.contains('\'' + QString(member) + '\''), qPrintable(what));
}

// What the reader lets in can be drawn and written.
void TstLabReport::showsTheLargestFigures() {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 62U;
    LoadReport report{"a.pth", "cpu", kMost, {runOf("meta", 1e9, 1), runOf("meta", 0, 1)}, ""};
    for (LoadRun& run : report.runs) {
        run.host = {0, 0, 0, kMost, kMost, kMost, kMost, kMost, kMost};
        run.predicted = Prediction{kMost, kMost, kMost, kMost};
        run.timeline.points = {{}, {1e9, kMost, kMost, kMost}};
    }
    for (const std::string& plot : {svgOf(memoryCurves(report)), svgOf(peakBars(report))}) {
        QVERIFY(isXml(plot));
        QVERIFY2(plot.find("nan") == std::string::npos && plot.find("inf") == std::string::npos, plot.c_str());
        QVERIFY(plot.size() < 20'000);
    }
    QVERIFY(reportMarkdown(report).find(formatByteSize(kMost)) != std::string::npos);
}

void TstLabReport::writesAReport() {
    QTemporaryDir dir;
    const std::string folder = dir.filePath("a/b").toStdString();
    const auto files = writeReport(someReport(), folder);
    QVERIFY2(files, files ? "" : files.error().what.c_str());
    QCOMPARE(files->size(), 6U);
    for (const std::string& path : *files) QVERIFY(QFileInfo(QString::fromStdString(path)).size() > 0);
    QFile page(dir.filePath("a/b/report.md"));
    QVERIFY(page.open(QIODevice::ReadOnly));
    const QByteArray text = page.readAll();
    QVERIFY(text.contains("| `streamed` | 2/2 | 2.000 (1.000 to 3.000) |"));
    QVERIFY(text.contains("a & b\\|c.pth"));
    QVERIFY(text.contains("(curves.svg)") && text.contains("(peaks.svg)"));
    QVERIFY(text.contains("25 % in the page cache before"));
    QVERIFY(readLoadReport(folder + "/report.json"));
    QFile runs(dir.filePath("a/b/runs.csv"));
    QVERIFY(runs.open(QIODevice::ReadOnly));
    const auto lines = runs.readAll().trimmed().split('\n');
    QCOMPARE(lines.size(), 6);
    QVERIFY(lines[4].endsWith(R"("out of memory: bad_alloc at 'read' | ""quoted""")"));
}

// Allocated, reserved beyond it, and what is in use beside torch: the CUDA context and other programs.
void TstLabReport::showsTheWholeDevice() {
    constexpr std::uint64_t kMiB = 1U << 20U;
    LoadReport report{"a.pth", "cuda:0", 100 * kMiB, {runOf("meta", 1, kMiB)}, "a machine"};
    report.runs[0].devicePeaks = DevicePeaks{200 * kMiB, 220 * kMiB, 600 * kMiB};
    report.runs[0].predicted = Prediction{kMiB, 0, 201 * kMiB, 222 * kMiB};
    const BarChart bars = peakBars(report);
    QCOMPARE(bars.parts.size(), 3U);
    QCOMPARE(bars.bars.at(0).parts, (std::vector<std::uint64_t>{200 * kMiB, 20 * kMiB, 380 * kMiB}));
    QCOMPARE(bars.bars.at(0).mark, 201 * kMiB);
    const auto page = QByteArray::fromStdString(reportMarkdown(report));
    QVERIFY(!page.contains("<="));
    report.runs[0].predicted->hostBuffers = kMiB / 2;
    QVERIFY(QByteArray::fromStdString(reportMarkdown(report)).contains("| <= 1.00 MiB |"));
    QVERIFY(page.contains("GPU allocated | predicted | GPU reserved | predicted | whole GPU |"));
    QVERIFY2(page.contains("| 200 MiB, 2.00 x | 201 MiB, +0.5 % | 220 MiB | 222 MiB, +0.9 % | 600 MiB |"),
             page.constData());
    const auto csv = QByteArray::fromStdString(runsCsv(report)).trimmed().split('\n');
    QCOMPARE(csv.at(0).split(',').size(), csv.at(1).split(',').size());
    QVERIFY(csv.at(0).endsWith("device_used,predicted_device,predicted_device_reserved,error"));
    QVERIFY(csv.at(1).endsWith(QString("%1,%2,%3,\"\"").arg(600 * kMiB).arg(201 * kMiB).arg(222 * kMiB).toUtf8()));
}

void TstLabReport::plotsAreXml() {
    auto report = someReport();
    QVERIFY(isXml(svgOf(memoryCurves(report))));
    QVERIFY(isXml(svgOf(peakBars(report))));
    report.device = "cuda:0";
    QVERIFY(isXml(svgOf(peakBars(report))));
    report.runs.clear();
    QVERIFY(isXml(svgOf(memoryCurves(report))));
    QVERIFY(isXml(svgOf(peakBars(report))));
    const LineChart chart{"<&\">", "s", "", {{"a<b", 0, false, {{0, 1}, {1, 5e9}}}}, 0, ""};
    const std::string svg = svgOf(chart);
    QVERIFY(isXml(svg));
    QVERIFY(svg.find("a&lt;b") != std::string::npos);
    // A long curve is thinned, and its peak stays.
    LineChart longChart{"t", "s", "", {{"c", 0, false, {}}}, 0, ""};
    for (int n = 0; n < 200'000; ++n) longChart.curves[0].points.emplace_back(n, n == 77'777 ? 1024.0 : 1.0);
    const std::string thin = svgOf(longChart);
    QVERIFY(thin.size() < 100'000);
    QVERIFY(thin.find(",44.0 ") != std::string::npos);  // 1 KiB, where the plot ends
}

// A folder that behaves like a control group's: the files are there as soon as it is made.
void TstLabReport::limitsByAGroup() {
    QTemporaryDir dir;
    const std::string parent = dir.path().toStdString();
    const auto refused = CgroupLimit::create({parent + "/nowhere"}, 42, 1000);
    QVERIFY(!refused);
    // In a plain folder there is no memory.max to write: the group is given up and taken away again.
    const auto plain = CgroupLimit::create({parent}, 42, 1000);
    QVERIFY(!plain);
    QVERIFY(QDir(dir.path()).isEmpty());
    QVERIFY(!CgroupLimit::create({}, 42, 1000));
    for (const std::string& path : cgroupParents()) QVERIFY(QFileInfo(QString::fromStdString(path)).isDir());
}

void TstLabReport::limitsWithoutAGroup() {
    QProcess process;
    process.start("sh", {"-c", "read go; exec sh -c 'ulimit -d'"});
    QVERIFY(process.waitForStarted());
    const auto limit = MemoryLimit::apply(static_cast<pid_t>(process.processId()), 100'000'000, 1'000'000);
    QVERIFY2(limit, limit ? "" : limit.error().what.c_str());
    QVERIFY(!limit->words().empty());
    QVERIFY(!limit->killed());
    process.write("go\n");
    QVERIFY(process.waitForFinished());
    if (limit->words().find("RLIMIT_DATA") == std::string::npos) QSKIP("control groups are permitted here");
    const auto kib = process.readAllStandardOutput().trimmed().toLongLong();
    QVERIFY2(kib > 90'000 && kib < 110'000, qPrintable(QString::number(kib)));
}

void TstLabReport::refusesALimitBelowTheStart() {
    const auto limit = MemoryLimit::apply(::getpid(), 1'000'000, 2'000'000);
    QVERIFY(!limit);
    QCOMPARE(limit.error().code, Errc::Usage);
}

void TstLabReport::choosesTheCache() {
    QTemporaryFile file(QDir::currentPath() + "/cache-XXXXXX");  // a real disk, where /tmp may be memory
    QVERIFY(file.open());
    file.write(QByteArray(8 << 20, 'x'));
    file.close();
    const std::vector<std::string> files{file.fileName().toStdString()};
    ProgressCounter progress;
    QVERIFY(prepareCache(CacheState::Warm, files, progress, {}));
    QCOMPARE(progress.done(), std::uint64_t{8U << 20U});
    QCOMPARE(cachedShare(files), std::optional(1.0));
    QVERIFY(prepareCache(CacheState::Cold, files, progress, {}));
    const auto cold = cachedShare(files);
    QVERIFY(cold);
    QVERIFY2(*cold < 0.5, qPrintable(QString::number(*cold)));
    QVERIFY(!prepareCache(CacheState::Cold, std::vector<std::string>{"/nowhere/at all"}, progress, {}));
    QVERIFY(!cachedShare({}));
    for (const auto state : {CacheState::AsIs, CacheState::Cold, CacheState::Warm})
        QCOMPARE(cacheStateFromName(cacheStateName(state)), std::optional(state));
    QVERIFY(!cacheStateFromName("lukewarm"));
}

QTEST_GUILESS_MAIN(TstLabReport)
#include "tst_lab_report.moc"
