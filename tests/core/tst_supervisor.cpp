// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <signal.h>
#include <sys/stat.h>

#include <thread>

#include "fake_loader.h"
#include "lab/protocol.h"
#include "lab/recorder.h"
#include "lab/report_json.h"
#include "lab/supervisor.h"
#include "peer.h"

using namespace plimsoll;

namespace {

Result<LoadRun> runFake(const std::string& expected = {}, const LoadObserver& observer = {},
                        const std::stop_token& stop = {}) {
    return runLoadTest(someCheckpoint(), {"streamed", "cpu", {}, {}}, expected, observer, stop);
}

}  // namespace

class TstSupervisor : public QObject {
    Q_OBJECT
private slots:
    void takesTheResult();
    void passesTheRequest();
    void comparesChecksums_data();
    void comparesChecksums();
    void reportsEveryDeath_data();
    void reportsEveryDeath();
    void keepsTheCurveOfAKilledLoader();
    void keepsTheDevicePeaksOfALoadThatFailed();
    void cancelsARunningLoader();
    void cancelsALoaderThatIsNotReady();
    void refusesWhatCannotRun();
    void probes_data();
    void probes();
    void protocolReadsWhatItWrites();
    void protocolRefuses_data();
    void protocolRefuses();
    void longCurvesStayBounded();
    void peaksAreAboveTheBaseline();
    void anonymousPeakThatNoSampleSaw_data();
    void anonymousPeakThatNoSampleSaw();
    void writesTheReport();
    void writesTheCurves();
};

void TstSupervisor::takesTheResult() {
    const FakeLoader loader(kReady + kPhases + kDone + "read end");
    QStringList phases;
    std::size_t points = 0;
    const LoadObserver observer{[&](const TimelinePoint&) { ++points; },
                                [&](const Phase& phase) { phases << QString::fromStdString(phase.name); }};
    const auto run = runFake("c0ffee", observer);
    QVERIFY(run);
    QVERIFY2(!run->error, run->error ? run->error->c_str() : "");
    QVERIFY(run->verified);
    QVERIFY(!run->cancelled);
    QCOMPARE(run->strategy, std::string("streamed"));
    QCOMPARE(run->device, std::string("cpu"));
    QCOMPARE(run->seconds, 1.5);
    QCOMPARE(run->modelBytes, 640U);
    QCOMPARE(run->parameters, 2U);
    QCOMPARE(run->buffers, 1U);
    QCOMPARE(phases, QStringList({"open", "read"}));
    QCOMPARE(run->timeline.phases.size(), 2U);
    QVERIFY(run->timeline.phases.back().end >= 0);
    QVERIFY(run->host.baseline > 0);
    QVERIFY2(points >= 2, "one at the start, one at the end");
    QCOMPARE(run->timeline.points.size(), points);
    QVERIFY(!run->devicePeaks);
    QVERIFY(!run->notes.empty());
    QCOMPARE(run->notes.front(), std::string("a note"));
}

void TstSupervisor::passesTheRequest() {
    const FakeLoader loader(R"(echo "{\"event\":\"error\",\"what\":\"$*\"}" >&3)");
    const auto run = runFake();
    QVERIFY(run && run->error);
    QCOMPARE(*run->error, std::string("--path some dir/model.pth --strategy streamed --device cpu --report-fd 3"));
}

void TstSupervisor::comparesChecksums_data() {
    QTest::addColumn<QString>("expected");
    QTest::addColumn<bool>("verified");
    QTest::addColumn<QString>("error");
    QTest::newRow("equal") << "c0ffee" << true << "";
    QTest::newRow("not asked") << "" << false << "";
    QTest::newRow("other") << "decaf" << false << "checksum c0ffee, the file has decaf";
}

void TstSupervisor::comparesChecksums() {
    QFETCH(const QString, expected);
    QFETCH(const QString, error);
    const FakeLoader loader(kReady + kDone);
    const auto run = runFake(expected.toStdString());
    QVERIFY(run);
    QTEST(run->verified, "verified");
    QCOMPARE(run->error.has_value(), !error.isEmpty());
    if (run->error) QVERIFY2(QString::fromStdString(*run->error).contains(error), run->error->c_str());
}

void TstSupervisor::reportsEveryDeath_data() {
    QTest::addColumn<QByteArray>("script");
    QTest::addColumn<QStringList>("words");
    QTest::newRow("killed") << kReady + kPhases + "kill -9 $$" << QStringList{"SIGKILL", "out-of-memory killer"};
    QTest::newRow("crashed") << kReady + "kill -SEGV $$" << QStringList{"SIGSEGV"};
    QTest::newRow("exits 3") << kReady + "echo last words >&2; exit 3" << QStringList{"status 3", "last words"};
    QTest::newRow("exits 3 at once") << QByteArray("exit 3") << QStringList{"status 3", "before it was ready"};
    QTest::newRow("ends without a result") << kReady + "exit 0" << QStringList{"status 0", "before it had a result"};
    QTest::newRow("garbage") << kReady + "echo 'what is this' >&3; read x"
                             << QStringList{"not understood", "what is this"};
    QTest::newRow("binary garbage") << kReady + R"(printf '\377\000\001\n' >&3; read x)"
                                    << QStringList{"not understood"};
    QTest::newRow("unknown event") << kReady + R"(echo '{"event":"party"}' >&3; read x)"
                                   << QStringList{"not understood"};
    QTest::newRow("negative bytes")
        << kReady + R"(echo '{"event":"device","ns":1,"allocated":-1,"reserved":0,"used":0}' >&3; read x)"
        << QStringList{"not understood"};
    QTest::newRow("endless line") << kReady + "while printf '%01000d' 0 >&3; do :; done"
                                  << QStringList{"without an end"};
    QTest::newRow("says what is wrong") << kReady + R"(echo '{"event":"error","what":"out of memory"}' >&3; read x)"
                                        << QStringList{"out of memory"};
    QTest::newRow("other protocol") << QByteArray(R"(echo '{"event":"ready","version":99,"notes":[]}' >&3; read x)")
                                    << QStringList{"protocol 99", "different builds"};
    QTest::newRow("not a program") << QByteArray("exec /nonexistent/program") << QStringList{"status 127"};
}

void TstSupervisor::reportsEveryDeath() {
    QFETCH(const QByteArray, script);
    QFETCH(const QStringList, words);
    const FakeLoader loader(script);
    const auto run = runFake("c0ffee");
    QVERIFY(run);
    QVERIFY(run->error);
    QVERIFY(!run->verified);
    QVERIFY(!run->cancelled);
    for (const QString& word : words) QVERIFY2(QString::fromStdString(*run->error).contains(word), run->error->c_str());
}

void TstSupervisor::keepsTheCurveOfAKilledLoader() {
    const FakeLoader loader(R"(echo $$ > "$(dirname "$0")/pid"; )" + kReady + kPhases + "read never");
    std::size_t points = 0;
    const LoadObserver observer{[&](const TimelinePoint&) {
                                    if (++points != 5) return;
                                    QFile pidFile(loader.path("pid"));
                                    if (pidFile.open(QIODevice::ReadOnly))
                                        ::kill(pidFile.readAll().trimmed().toInt(), SIGKILL);
                                },
                                {}};
    const auto run = runFake({}, observer);
    QVERIFY(run && run->error);
    QVERIFY(QString::fromStdString(*run->error).contains("SIGKILL"));
    QVERIFY(run->timeline.points.size() >= 5);
    QCOMPARE(run->timeline.phases.size(), 2U);
    QVERIFY(run->timeline.phases.back().end >= run->timeline.points.back().seconds);
}

void TstSupervisor::keepsTheDevicePeaksOfALoadThatFailed() {
    const FakeLoader loader(kReady + R"(echo '{"event":"error","what":"full","out_of_memory":true,"device":)"
                                     R"({"peak_allocated":70,"peak_reserved":80,"peak_used":90}}' >&3; read x)");
    const auto run = runLoadTest({}, {"streamed", "cuda:0", {}, {}}, {}, {}, {});
    QVERIFY(run && run->outOfMemory && run->error);
    QCOMPARE(*run->error, std::string("full"));
    QVERIFY(run->devicePeaks);
    QCOMPARE(run->devicePeaks->peakAllocated, 70U);
    QCOMPARE(run->devicePeaks->peakReserved, 80U);
    QCOMPARE(run->devicePeaks->peakUsed, 90U);
}

void TstSupervisor::cancelsARunningLoader() {
    const FakeLoader loader(kReady + kPhases + "read never");
    std::stop_source source;
    std::size_t points = 0;
    const LoadObserver observer{[&](const TimelinePoint&) {
                                    if (++points == 4) source.request_stop();
                                },
                                {}};
    const auto run = runFake("c0ffee", observer, source.get_token());
    QVERIFY(run);
    QVERIFY(run->cancelled);
    QVERIFY(!run->verified);
    QCOMPARE(run->error.value_or(""), std::string("cancelled"));
    QVERIFY(run->timeline.points.size() >= 4);
}

void TstSupervisor::cancelsALoaderThatIsNotReady() {
    const FakeLoader loader(R"(echo here > "$(dirname "$0")/started"; read never)");
    const QByteArray started = loader.path("started").toLocal8Bit();
    QCOMPARE(::mkfifo(started.constData(), 0600), 0);
    std::stop_source source;
    const std::jthread stopper([&] {
        QFile fifo(QString::fromLocal8Bit(started));
        if (fifo.open(QIODevice::ReadOnly)) source.request_stop();  // opens when the script does
    });
    const auto run = runFake({}, {}, source.get_token());
    QVERIFY(run);
    QVERIFY(run->cancelled);
    QVERIFY(run->timeline.points.empty());
}

void TstSupervisor::refusesWhatCannotRun() {
    {
        const FakeLoader loader(kReady + kDone);
        const auto run = runLoadTest(someCheckpoint(), {"magic", "cpu", {}, {}}, {}, {}, {});
        QVERIFY(!run);
        QCOMPARE(run.error().code, Errc::Usage);
        std::stop_source source;
        source.request_stop();
        const auto stopped = runFake({}, {}, source.get_token());
        QVERIFY(!stopped);
        QCOMPARE(stopped.error().code, Errc::Cancelled);
    }
    qputenv("PLIMSOLL_LOADER", "/nonexistent/loader");
    const auto run = runFake();
    qunsetenv("PLIMSOLL_LOADER");
    QVERIFY(!run);
    QCOMPARE(run.error().code, Errc::Io);
    QCOMPARE(run.error().path, std::string("/nonexistent/loader"));
    const auto missing = runFake();  // none lies beside this test
    QVERIFY(!missing);
    QVERIFY(missing.error().what.find("packaging/setup.sh") != std::string::npos);
    QCOMPARE(probeLoader().problem, missing.error().what);
}

void TstSupervisor::probes_data() {
    QTest::addColumn<QByteArray>("script");
    QTest::addColumn<QString>("problem");
    QTest::newRow("sound")
        << QByteArray(
               R"(echo '{"torch":"2.11.0","cuda":false,"devices":["cpu"],"device_bytes":[0],"strategies":[],"no_cuda":""}' >&3)")
        << "";
    QTest::newRow("garbage") << QByteArray("echo hello >&3") << "answered 'hello";
    QTest::newRow("nothing") << QByteArray("exit 0") << "answered ''";
    QTest::newRow("fails") << QByteArray("echo libtorch.so: cannot open >&2; exit 127") << "status 127: libtorch.so";
    QTest::newRow("crashes") << QByteArray("kill -ABRT $$") << "SIGABRT";
    QTest::newRow("wrong types")
        << QByteArray(
               R"(echo '{"torch":2,"cuda":false,"devices":["cpu"],"device_bytes":[0],"strategies":[],"no_cuda":""}' >&3)")
        << "answered";
}

void TstSupervisor::probes() {
    QFETCH(const QByteArray, script);
    QFETCH(const QString, problem);
    const FakeLoader loader(script);
    const LoaderStatus status = probeLoader();
    if (problem.isEmpty()) {
        QCOMPARE(status.problem, std::string());
        QCOMPARE(status.torch, std::string("2.11.0"));
        QCOMPARE(status.devices, std::vector<std::string>{"cpu"});
        QCOMPARE(QString::fromStdString(status.program), loader.path("loader"));
    } else {
        QVERIFY2(QString::fromStdString(status.problem).contains(problem), status.problem.c_str());
        QVERIFY(status.torch.empty());
    }
}

void TstSupervisor::protocolReadsWhatItWrites() {
    protocol::Done done;
    done.ns = 7;
    done.seconds = 0.25;
    done.checksum = "ab";
    done.parameters = 3;
    done.bytes = 1ULL << 40U;
    done.peakRss = 9;
    done.device = DevicePeaks{1, 2, 3};
    done.notes = {"n1", "n\xff"};
    const std::string line = protocol::formatEvent(done);
    QCOMPARE(line.back(), '\n');
    QCOMPARE(std::count(line.begin(), line.end(), '\n'), 1);
    const auto back = protocol::parseEvent(line);
    QVERIFY(back);
    const auto* got = std::get_if<protocol::Done>(&*back);
    QVERIFY(got != nullptr);
    QCOMPARE(got->ns, done.ns);
    QCOMPARE(got->seconds, done.seconds);
    QCOMPARE(got->checksum, done.checksum);
    QCOMPARE(got->parameters, done.parameters);
    QCOMPARE(got->buffers, done.buffers);
    QCOMPARE(got->bytes, done.bytes);
    QCOMPARE(got->peakRss, done.peakRss);
    QVERIFY(got->device);
    QCOMPARE(got->device->peakReserved, 2U);
    QCOMPARE(got->notes.size(), 2U);
    QCOMPARE(got->notes[1], std::string("n\xef\xbf\xbd"));  // what is not UTF-8 is replaced

    const auto sample = protocol::parseEvent(protocol::formatEvent(protocol::DeviceSample{1, 2, 3, 4}));
    QVERIFY(sample && std::holds_alternative<protocol::DeviceSample>(*sample));
    QCOMPARE(std::get<protocol::DeviceSample>(*sample).used, 4U);
    const auto phase = protocol::parseEvent(protocol::formatEvent(protocol::PhaseStart{5, "read"}));
    QVERIFY(phase && std::get<protocol::PhaseStart>(*phase).name == "read");
    const auto ready = protocol::parseEvent(protocol::formatEvent(protocol::Ready{}));
    QVERIFY(ready && std::get<protocol::Ready>(*ready).version == protocol::kVersion);
    const auto failed = protocol::parseEvent(protocol::formatEvent(protocol::Failed{"a \"b\"\n"}));
    QVERIFY(failed && std::get<protocol::Failed>(*failed).what == "a \"b\"\n");
    QVERIFY(!std::get<protocol::Failed>(*failed).device);
    const auto full = protocol::parseEvent(protocol::formatEvent(protocol::Failed{"full", true, DevicePeaks{3, 4, 5}}));
    QVERIFY(full && std::get<protocol::Failed>(*full).outOfMemory && std::get<protocol::Failed>(*full).device);
    QCOMPARE(std::get<protocol::Failed>(*full).device->peakReserved, 4U);
    QVERIFY(!protocol::parseEvent(R"({"event":"error","what":"full","device":{"peak_allocated":-1}})"));
}

void TstSupervisor::protocolRefuses_data() {
    QTest::addColumn<QByteArray>("line");
    QTest::newRow("empty") << QByteArray("");
    QTest::newRow("no object") << QByteArray("[1]");
    QTest::newRow("cut") << QByteArray(R"({"event":"phase","ns":1)");
    QTest::newRow("event is a number") << QByteArray(R"({"event":1})");
    QTest::newRow("member missing") << QByteArray(R"({"event":"phase","ns":1})");
    QTest::newRow("member of another type") << QByteArray(R"({"event":"phase","ns":"1","name":"x"})");
    QTest::newRow("notes are numbers") << QByteArray(R"({"event":"ready","version":1,"notes":[1]})");
    QTest::newRow("device half") << QByteArray(
        R"({"event":"done","ns":3,"seconds":1,"checksum":"","parameters":2,"buffers":1,"bytes":6,"peak_rss":0,"notes":[],"device":{}})");
}

void TstSupervisor::protocolRefuses() {
    QFETCH(const QByteArray, line);
    const auto event = protocol::parseEvent(line.toStdString());
    QVERIFY(!event);
    QCOMPARE(event.error().code, Errc::Corrupt);
}

void TstSupervisor::longCurvesStayBounded() {
    constexpr std::size_t kMax = 64;
    const LoadObserver nobody;
    Recorder recorder(nobody, kMax);
    MemorySample memory;
    memory.rss = 1000;
    recorder.begin(0, memory);
    for (std::uint64_t n = 1; n <= 100'000; ++n) {
        memory.rss = n == 77'777 ? 5000 : 1000 + n % 7;
        recorder.sample(n * 10'000'000, memory);
    }
    LoadRun run;
    recorder.intoRun(run);
    QVERIFY(run.timeline.points.size() < kMax);
    QVERIFY(run.timeline.points.size() >= kMax / 4);
    QCOMPARE(run.host.peakRss, 4000U);  // of a sample that the thinned curve may have left out
    for (std::size_t n = 1; n < run.timeline.points.size(); ++n)
        QVERIFY(run.timeline.points[n - 1].seconds < run.timeline.points[n].seconds);
    QVERIFY(run.timeline.points.back().seconds > 900);
}

void TstSupervisor::peaksAreAboveTheBaseline() {
    const LoadObserver nobody;
    Recorder recorder(nobody);
    recorder.begin(10, {.rss = 100, .anon = 60, .file = 40, .peakRss = 100});
    recorder.sample(20, {.rss = 150, .anon = 120, .file = 30, .peakRss = 170});
    recorder.device({25, 5, 6, 7});
    recorder.sample(30, {.rss = 90, .anon = 50, .file = 40, .peakRss = 170});
    protocol::Done done;
    done.peakRss = 180;
    done.device = DevicePeaks{8, 1, 1};
    recorder.finalPeaks(done);
    LoadRun run;
    recorder.intoRun(run);
    QCOMPARE(run.host.baseline, 100U);
    QCOMPARE(run.host.peakRss, 50U);
    QCOMPARE(run.host.peakAnon, 70U);  // 130 of the 170, of which 40 at most were mapped
    QCOMPARE(run.host.peakFile, 0U);
    QCOMPARE(run.host.vmHwm, 80U);
    QVERIFY(run.devicePeaks);
    QCOMPARE(run.devicePeaks->peakAllocated, 8U);
    QCOMPARE(run.devicePeaks->peakReserved, 6U);
    QCOMPARE(run.timeline.points.back().deviceUsed, 7U);
}

void TstSupervisor::anonymousPeakThatNoSampleSaw_data() {
    QTest::addColumn<MemorySample>("before");
    QTest::addColumn<MemorySample>("after");
    QTest::addColumn<quint64>("peak");
    const MemorySample start{.rss = 100, .anon = 60, .file = 40, .peakRss = 100};
    QTest::newRow("freed again") << start << MemorySample{.rss = 100, .anon = 60, .file = 40, .peakRss = 300}
                                 << quint64{200};
    QTest::newRow("mapped meanwhile") << start << MemorySample{.rss = 290, .anon = 60, .file = 230, .peakRss = 300}
                                      << quint64{10};
    QTest::newRow("shared meanwhile") << start
                                      << MemorySample{.rss = 290, .anon = 60, .file = 40, .shmem = 190, .peakRss = 300}
                                      << quint64{10};
    QTest::newRow("dropped since") << MemorySample{.rss = 290, .anon = 60, .file = 230, .peakRss = 290}
                                   << MemorySample{.rss = 110, .anon = 70, .file = 40, .peakRss = 310} << quint64{20};
    QTest::newRow("a peak of before") << MemorySample{.rss = 100, .anon = 60, .file = 40, .peakRss = 500}
                                      << MemorySample{.rss = 110, .anon = 70, .file = 40, .peakRss = 500}
                                      << quint64{10};
    QTest::newRow("no peak is known") << start << MemorySample{.rss = 110, .anon = 70, .file = 40} << quint64{10};
}

void TstSupervisor::anonymousPeakThatNoSampleSaw() {
    QFETCH(const MemorySample, before);
    QFETCH(const MemorySample, after);
    const LoadObserver nobody;
    Recorder recorder(nobody);
    recorder.begin(10, before);
    recorder.sample(20, after);
    LoadRun run;
    recorder.intoRun(run);
    QTEST(quint64{run.host.peakAnon}, "peak");
}

namespace {

LoadRun someRun() {
    LoadRun run;
    run.strategy = "streamed";
    run.device = "cpu";
    run.seconds = 2;
    run.checksum = "ab";
    run.verified = true;
    run.host = {.baseline = 1, .peakRss = 2, .peakAnon = 3, .peakFile = 4, .vmHwm = 5};
    run.timeline.phases = {{"open", 0, 0.5}, {"read", 0.5, 2}};
    run.timeline.points = {{0.25, 10, 6, 4, 0, 0, 0, 0}, {1, 20, 16, 4, 0, 7, 8, 9}};
    return run;
}

}  // namespace

void TstSupervisor::writesTheReport() {
    std::vector<LoadRun> runs(2, someRun());
    runs[1].devicePeaks = DevicePeaks{1, 2, 3};
    runs[1].error = "killed \xff";
    const auto text = loadReportJson({"some dir/model.pth", "cpu", 640, runs});
    const auto report = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
    QCOMPARE(report["path"].toString(), QString("some dir/model.pth"));
    QCOMPARE(report["device"].toString(), QString("cpu"));
    QCOMPARE(report["model_bytes"].toInteger(-1), 640);
    QCOMPARE(report["runs"].toArray().size(), 2);
    const auto run = report["runs"][0].toObject();
    const QStringList keys = {"cache",     "checksum", "device",  "disk_read_bytes", "dtype",    "error",
                              "host",      "limits",   "loaded",  "notes",           "outcome",  "phases",
                              "predicted", "round",    "samples", "seconds",         "strategy", "verified"};
    QCOMPARE(run.keys(), keys);
    QCOMPARE(run["host"].toObject(), QJsonObject({{"baseline", 1},
                                                  {"baseline_anon", 0},
                                                  {"baseline_file", 0},
                                                  {"peak_rss", 2},
                                                  {"peak_anon", 3},
                                                  {"peak_file", 4},
                                                  {"vm_hwm", 5},
                                                  {"peak_shmem", 0},
                                                  {"peak_swap", 0}}));
    QVERIFY(run["device"].isNull());
    QVERIFY(run["error"].isNull());
    QVERIFY(run["predicted"].isNull());
    QCOMPARE(run["phases"][1].toObject(), QJsonObject({{"name", "read"}, {"start", 0.5}, {"end", 2}}));
    QCOMPARE(run["samples"][1].toObject(), QJsonObject({{"t", 1},
                                                        {"rss", 20},
                                                        {"anon", 16},
                                                        {"file", 4},
                                                        {"device_allocated", 7},
                                                        {"device_reserved", 8},
                                                        {"device_used", 9},
                                                        {"shmem", 0},
                                                        {"swap", 0},
                                                        {"disk_read", 0}}));
    QCOMPARE(report["runs"][1]["device"].toObject(),
             QJsonObject({{"peak_allocated", 1}, {"peak_reserved", 2}, {"peak_used", 3}}));
    QCOMPARE(report["runs"][1]["error"].toString(), QString::fromUtf8("killed \xef\xbf\xbd"));
}

void TstSupervisor::writesTheCurves() {
    const std::vector<LoadRun> runs(1, someRun());
    QCOMPARE(loadSamplesCsv(runs),
             std::string("strategy,phase,seconds,rss,anon,file,shmem,device_allocated,device_reserved,device_used,"
                         "round,swap,disk_read\n"
                         "streamed,open,0.250000,10,6,4,0,0,0,0,0,0,0\n"
                         "streamed,read,1.000000,20,16,4,0,7,8,9,0,0,0\n"));
}

QTEST_GUILESS_MAIN(TstSupervisor)
#include "tst_supervisor.moc"
