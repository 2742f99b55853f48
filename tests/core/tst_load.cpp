// SPDX-License-Identifier: GPL-3.0-or-later
// The real plimsoll-loader, driven by the real supervisor.
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/progress.h"
#include "convert/plan.h"
#include "convert/run.h"
#include "formats/registry.h"
#include "lab/comparison.h"
#include "lab/protocol.h"
#include "lab/report_json.h"
#include "load_fixture.h"
#include "memory/stream_buffers.h"

using namespace plimsoll;

namespace {

constexpr std::uint64_t kMiB = 1U << 20U;

class Quiet final : public ComparisonObserver {
public:
    ProgressSink& preparing(std::string_view, std::uint64_t) override { return counter_; }
    LoadObserver runStarted(std::size_t, const LoadTest&) override { return {}; }
    void runFinished(std::size_t, const LoadRun&) override {}

private:
    ProgressCounter counter_;
};

QByteArray safetensors(const QByteArray& header, qint64 padHeaderTo = 0) {
    QByteArray padded = header;
    if (padHeaderTo > padded.size()) padded.append(padHeaderTo - padded.size(), ' ');
    QByteArray file(8, '\0');
    for (int n = 0; n < 8; ++n) file[n] = static_cast<char>((padded.size() >> (8 * n)) & 0xFF);
    return file + padded;
}

}  // namespace

class TstLoad : public LoadFixture {
    Q_OBJECT
private slots:
    void initTestCase() { writeModels(); }
    void knowsEveryStrategy();
    void everyWeightArrives_data();
    void everyWeightArrives();
    void tellsParametersFromBuffers_data();
    void tellsParametersFromBuffers();
    void unalignedTensorsAreCopied();
    void changedFileIsNoticed();
    void vanishedFileIsAnError();
    void missingShardLeavesTheRest();
    void partsOfATensorShareAFile();
    void memoryIsAsEachStrategySays_data();
    void memoryIsAsEachStrategySays();
    void memoryIsAsPredicted();
    void outOfMemoryIsAResult();
    void cancels();
    void runsOutOfMemory_data();
    void runsOutOfMemory();
    void refusesTypesThatTorchHasNot();
    void refusesTwoTensorsOfOneName();
    void refusesUnknownDevices();
    void endsWithItsSupervisor();
    void exitStatuses();

private:
    // Every strategy, one after the other, as the user's comparison runs them.
    [[nodiscard]] std::vector<LoadRun> runAll(const std::shared_ptr<const Checkpoint>& checkpoint,
                                              std::optional<DType> dtype = {}) {
        Comparison comparison;
        for (const StrategyInfo& strategy : strategies()) comparison.strategies.emplace_back(strategy.name);
        comparison.dtype = dtype;
        Checksums checksums;
        Quiet quiet;
        const auto report = compareLoads(checkpoint, comparison, checksums, quiet, {});
        if (!report) qWarning("%s", report.error().what.c_str());
        return report ? report->runs : std::vector<LoadRun>();
    }
};

void TstLoad::knowsEveryStrategy() {
    const ProcessResult answer = runProcess(builtProgram("plimsoll-loader"), {"--probe"});
    QCOMPARE(answer.exitCode, 0);
    const auto probe = protocol::parseProbe(answer.out.toStdString());
    QVERIFY(probe);
    std::vector<std::string> names;
    for (const StrategyInfo& info : strategies()) names.emplace_back(info.name);
    QCOMPARE(probe->strategies, names);
    QVERIFY(std::find(probe->devices.begin(), probe->devices.end(), "cpu") != probe->devices.end());
    const LoaderStatus status = probeLoader();
    QCOMPARE(status.problem, std::string());
    QCOMPARE(status.devices, probe->devices);
    QCOMPARE(status.torch, std::string("2.11.0"));
}

void TstLoad::everyWeightArrives_data() {
    QTest::addColumn<QString>("file");
    for (const char* file :
         {"plain.pth", "legacy.pth", "plain.safetensors", "views.pth", "dtypes.pth", "deflated.pth", "bigendian.pth",
          "savedfromcuda.pth", "sharded", "small.pth", "names.pth", "bits.pth", "lazy.pth", "parts.pth"})
        QTest::newRow(file) << file;
}

void TstLoad::everyWeightArrives() {
    QFETCH(const QString, file);
    const auto checkpoint = open(dir_.filePath(file));
    QVERIFY(checkpoint);
    const auto runs = runAll(checkpoint);
    QCOMPARE(runs.size(), strategies().size());
    for (const LoadRun& run : runs) {
        const std::string why = run.strategy + ": " + run.error.value_or("");
        QVERIFY2(!run.error, why.c_str());
        QVERIFY2(run.verified, why.c_str());
        QCOMPARE(run.checksum, expectedOf(checkpoint, run.dtype));
        QCOMPARE(run.modelBytes, modelBytes(checkpoint->tensors, run.dtype));
        QVERIFY(run.seconds > 0);
        QVERIFY(!run.devicePeaks);
        QVERIFY(run.timeline.phases.size() >= 3);
        QCOMPARE(run.timeline.phases.front().name, std::string("open"));
        QCOMPARE(run.timeline.phases.back().name, std::string("verify"));
        for (std::size_t n = 1; n < run.timeline.phases.size(); ++n)
            QCOMPARE(run.timeline.phases[n].start, run.timeline.phases[n - 1].end);
    }
}

void TstLoad::tellsParametersFromBuffers_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<quint64>("parameters");
    QTest::addColumn<quint64>("buffers");
    // running_var, num_batches_tracked and the mask are buffers by name or type.
    QTest::newRow("a state dict") << "plain.pth" << quint64{5} << quint64{3};
    QTest::newRow("tied names count each") << "views.pth" << quint64{8} << quint64{0};
    QTest::newRow("names that modules cannot have") << "names.pth" << quint64{3} << quint64{0};
    QTest::newRow("12 floating-point and complex types, 9 others") << "dtypes.pth" << quint64{24} << quint64{17};
}

void TstLoad::tellsParametersFromBuffers() {
    QFETCH(const QString, file);
    const auto checkpoint = open(dir_.filePath(file));
    QVERIFY(checkpoint);
    const auto run = runLoadTest(*checkpoint, {"mmap-assign", "cpu", {}, {}}, {}, {}, {});
    QVERIFY(run);
    QVERIFY2(!run->error, run->error.value_or("").c_str());
    QTEST(quint64{run->parameters}, "parameters");
    QTEST(quint64{run->buffers}, "buffers");
    QCOMPARE(run->parameters + run->buffers, checkpoint->tensors.size());
}

void TstLoad::unalignedTensorsAreCopied() {
    QFile file(path("unaligned.safetensors"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    const QByteArray header =
        R"({"a":{"dtype":"F32","shape":[1000],"data_offsets":[0,4000]},"b":{"dtype":"U8","shape":[7],"data_offsets":[4000,4007]}})";
    file.write(safetensors(header, header.size() % 2 == 0 ? header.size() + 1 : header.size()));
    for (int n = 0; n < 4007; ++n) file.putChar(static_cast<char>(n * 31));
    file.close();
    const auto checkpoint = open(file.fileName());
    QVERIFY(checkpoint);
    const auto runs = runAll(checkpoint);
    QCOMPARE(runs.size(), strategies().size());
    for (const LoadRun& run : runs) {
        QVERIFY2(run.verified, (run.strategy + ": " + run.error.value_or("")).c_str());
        const bool noted = std::any_of(run.notes.begin(), run.notes.end(), [](const std::string& note) {
            return note.find("1 tensors (") != std::string::npos && note.find("were copied") != std::string::npos;
        });
        QCOMPARE(noted, run.strategy == "mmap-assign" || run.strategy == "mmap-process");
    }
}

void TstLoad::changedFileIsNoticed() {
    QVERIFY(QFile::copy(path("plain.pth"), path("changed.pth")));
    const auto checkpoint = open(path("changed.pth"));
    QVERIFY(checkpoint);
    const std::string expected = expectedOf(checkpoint);
    const auto offset = checkpoint->tensors.fileOffset(findTensor(checkpoint->tensors, "net.0.weight"));
    QVERIFY(offset);
    QFile file(path("changed.pth"));
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.seek(static_cast<qint64>(*offset) + 4321));
    char byte = 0;
    QVERIFY(file.peek(&byte, 1) == 1);
    QVERIFY(file.putChar(static_cast<char>(byte ^ 1)));
    file.close();
    for (const StrategyInfo& strategy : strategies()) {
        // These have another checksum, or another file.
        if (strategy.casts == StrategyInfo::Casts::Always || strategy.name == "per-tensor") continue;
        const auto run = runLoadTest(*checkpoint, {std::string(strategy.name), "cpu", {}, {}}, expected, {}, {});
        QVERIFY(run);
        QVERIFY(!run->verified);
        QVERIFY(run->error && run->error->find("not those of the file") != std::string::npos);
        QVERIFY(run->checksum.size() == 32 && run->checksum != expected);
    }
}

void TstLoad::vanishedFileIsAnError() {
    QVERIFY(QFile::copy(path("names.pth"), path("vanished.pth")));
    const auto checkpoint = open(path("vanished.pth"));
    QVERIFY(checkpoint);
    QVERIFY(QFile::remove(path("vanished.pth")));
    const auto run = runLoadTest(*checkpoint, {"streamed", "cpu", {}, {}}, {}, {}, {});
    QVERIFY(run && run->error);
    QVERIFY2(run->error->find("vanished.pth: No such file or directory") != std::string::npos, run->error->c_str());
}

// A set with a missing shard opens with a warning; what its index names without a shard is in no model.
void TstLoad::missingShardLeavesTheRest() {
    const QString dir = path("cut");
    QVERIFY(QDir().mkpath(dir));
    for (const char* name : {"model-00001-of-00002.safetensors", "model.safetensors.index.json"})
        QVERIFY(QFile::copy(path("sharded/") + name, dir + "/" + name));
    const auto checkpoint = open(dir);
    QVERIFY(checkpoint);
    QVERIFY(!checkpoint->warnings.empty());
    QCOMPARE(checkpoint->tensors.size(), 3U);
    const auto runs = runAll(checkpoint);
    QCOMPARE(runs.size(), strategies().size());
    for (const LoadRun& run : runs) {
        QVERIFY2(run.verified, (run.strategy + ": " + run.error.value_or("")).c_str());
    }
}

// A directory with a file per tensor, in which a sparse or quantized tensor is one file of several parts.
void TstLoad::partsOfATensorShareAFile() {
    const auto source = open(path("parts.pth"));
    QVERIFY(source);
    Recipe recipe;
    recipe.target = Target::Tensors;
    recipe.destination = path("parts").toStdString();
    const auto plan = planConversion(source, recipe);
    QVERIFY(plan);
    ProgressCounter progress;
    QVERIFY(runPlan(*plan, progress, {}));
    const auto checkpoint = open(path("parts"));
    QVERIFY(checkpoint);
    QCOMPARE(checkpoint->format, Format::Tensors);
    QCOMPARE(checkpoint->files.size(), std::size_t{4});
    QVERIFY(checkpoint->tensors.size() > 4);
    const auto runs = runAll(checkpoint);
    QCOMPARE(runs.size(), strategies().size());
    for (const LoadRun& run : runs) QVERIFY2(run.verified, (run.strategy + ": " + run.error.value_or("")).c_str());
}

void TstLoad::memoryIsAsEachStrategySays_data() {
    QTest::addColumn<QString>("strategy");
    QTest::addColumn<double>("anonAtLeast");  // of the model's bytes
    QTest::addColumn<double>("anonAtMost");
    QTest::addColumn<double>("fileAtLeast");
    QTest::newRow("baseline") << "baseline" << 1.9 << 2.25 << 0.0;
    QTest::newRow("mmap-assign") << "mmap-assign" << 0.0 << 0.2 << 0.95;
    QTest::newRow("streamed") << "streamed" << 0.95 << 1.2 << 0.0;
}

void TstLoad::memoryIsAsEachStrategySays() {
    QFETCH(const QString, strategy);
    QFETCH(const double, anonAtLeast);
    QFETCH(const double, anonAtMost);
    QFETCH(const double, fileAtLeast);
    const auto checkpoint = open(path("large.pth"));
    QVERIFY(checkpoint);
    const auto model = static_cast<double>(modelBytes(checkpoint->tensors));
    QCOMPARE(model, 26.0 * 8 * kMiB);
    const auto run = runLoadTest(*checkpoint, {strategy.toStdString(), "cpu", {}, {}}, expectedOf(checkpoint), {}, {});
    QVERIFY(run);
    QVERIFY2(run->verified, run->error.value_or("").c_str());
    const auto anon = static_cast<double>(run->host.peakAnon) / model;
    const auto file = static_cast<double>(run->host.peakFile) / model;
    const auto words = QString("anonymous %1, file-backed %2 of the model").arg(anon).arg(file).toUtf8();
    QVERIFY2(anon >= anonAtLeast, words.constData());
    QVERIFY2(anon <= anonAtMost, words.constData());
    QVERIFY2(file >= fileAtLeast, words.constData());
    QVERIFY(run->host.vmHwm >= run->host.peakRss);
    if (strategy == "streamed") QVERIFY(run->host.peakAnon <= modelBytes(checkpoint->tensors) + 64 * kMiB);
}

// From the inventory alone, within 5 % of the kernel's own peak. Which part of it is anonymous is known from samples
// only: a load of this size takes a tenth of a second, which is ten of them.
void TstLoad::memoryIsAsPredicted() {
    const auto checkpoint = open(path("large.pth"));
    QVERIFY(checkpoint);
    const auto runs = runAll(checkpoint);
    QCOMPARE(runs.size(), strategies().size());
    for (const LoadRun& run : runs) {
        QVERIFY2(run.verified, (run.strategy + ": " + run.error.value_or("")).c_str());
        QVERIFY(run.predicted);
        // streamed has buffers for what comes from the disk; what is cached, as here, needs none.
        constexpr std::uint64_t kDiskBuffers = stream_buffers::kThreads * stream_buffers::kStagingBytes;
        const auto slack = static_cast<double>(8 * kMiB + (run.strategy == "streamed" ? kDiskBuffers : 0));
        const auto check = [&](double share, std::uint64_t predicted, std::uint64_t measured, const char* what) {
            const auto p = static_cast<double>(predicted);
            const auto m = static_cast<double>(measured);
            const auto words = QString("%1: %2 of %3 MiB, predicted %4 MiB")
                                   .arg(QString::fromStdString(run.strategy), what)
                                   .arg(m / kMiB)
                                   .arg(p / kMiB)
                                   .toUtf8();
            QVERIFY2(std::abs(p - m) <= std::max(share * m, slack), words.constData());
        };
        check(0.05, run.predicted->hostAnon + run.predicted->hostFile, run.host.vmHwm, "kernel's peak");
        check(0.15, run.predicted->hostAnon, run.host.peakAnon, "anonymous");
        check(0.15, run.predicted->hostFile, run.host.peakFile, "file-backed");
    }
}

// A process that may hold less than the model: the curve up to there is kept, and the run says what happened.
void TstLoad::outOfMemoryIsAResult() {
    const auto checkpoint = open(path("large.pth"));
    QVERIFY(checkpoint);
    LoadTest test{"baseline", "cpu", {}, {}};
    const auto free = runLoadTest(*checkpoint, test, {}, {}, {});
    QVERIFY(free && !free->error);
    test.hostLimit = free->host.baseline + 100 * kMiB;
    const auto run = runLoadTest(*checkpoint, test, {}, {}, {});
    QVERIFY(run && run->error);
    QVERIFY2(run->outOfMemory, run->error->c_str());
    QVERIFY(!run->timeline.points.empty());
    QVERIFY(!run->notes.empty());
    // A limit counts as a prediction does, but for memory that is asked for and not used: what was predicted to fit
    // does.
    LoadTest once{"streamed", "cpu", {}, {}};
    const auto predicted = predictLoad(loadBasis(*checkpoint), "streamed", false, {});
    QVERIFY(predicted);
    once.hostLimit = free->host.baselineAnon + predicted->hostAnon + 56 * kMiB;
    const auto fits = runLoadTest(*checkpoint, once, {}, {}, {});
    QVERIFY(fits);
    QVERIFY2(!fits->error, fits->error.value_or("").c_str());
    test.hostLimit = kMiB;
    const auto tooLittle = runLoadTest(*checkpoint, test, {}, {}, {});
    QVERIFY(tooLittle && tooLittle->error && tooLittle->outOfMemory);
}

void TstLoad::cancels() {
    const auto checkpoint = open(path("large.pth"));
    QVERIFY(checkpoint);
    std::stop_source source;
    const LoadObserver observer{{}, [&](const Phase& phase) {
                                    if (phase.name == "build") source.request_stop();
                                }};
    const auto run = runLoadTest(*checkpoint, {"baseline", "cpu", {}, {}}, "x", observer, source.get_token());
    QVERIFY(run);
    QVERIFY(run->cancelled);
    QVERIFY(!run->verified);
    QVERIFY(run->checksum.empty());
    QVERIFY(!run->timeline.points.empty());
}

void TstLoad::runsOutOfMemory_data() {
    QTest::addColumn<QString>("strategy");
    QTest::newRow("baseline") << "baseline";
    QTest::newRow("streamed") << "streamed";
}

// A tensor of 4 TiB that takes no room on the disk; no machine that runs this test lends that much memory.
void TstLoad::runsOutOfMemory() {
    QFETCH(const QString, strategy);
    QFile overcommit("/proc/sys/vm/overcommit_memory");
    QVERIFY(overcommit.open(QIODevice::ReadOnly));
    if (overcommit.readAll().trimmed() == "1") QSKIP("this system promises memory that it has not");
    QFile file(path("huge.safetensors"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    const qint64 bytes = qint64{1} << 42;
    file.write(safetensors(R"({"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}})", 120));
    if (!file.resize(128 + bytes)) QSKIP("this file system has no files of 4 TiB");
    const auto checkpoint = open(file.fileName());
    QVERIFY(checkpoint);
    const auto run = runLoadTest(*checkpoint, {strategy.toStdString(), "cpu", {}, {}}, {}, {}, {});
    file.remove();
    QVERIFY(run && run->error);
    QVERIFY2(run->error->find("out of memory") != std::string::npos, run->error->c_str());
    QVERIFY(!run->timeline.points.empty());
}

void TstLoad::refusesTypesThatTorchHasNot() {
    QFile file(path("packed.safetensors"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(safetensors(R"({"odd.one":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}})") + "abc");
    file.close();
    const auto checkpoint = open(file.fileName());
    QVERIFY(checkpoint);
    const auto run = runLoadTest(*checkpoint, {"streamed", "cpu", {}, {}}, {}, {}, {});
    QVERIFY(run && run->error);
    QVERIFY2(run->error->find("'odd.one' has dtype float6_e2m3") != std::string::npos, run->error->c_str());
}

void TstLoad::refusesTwoTensorsOfOneName() {
    const auto checkpoint = open(path("twice.pth"));
    QVERIFY(checkpoint);
    const auto run = runLoadTest(*checkpoint, {"meta", "cpu", {}, {}}, {}, {}, {});
    QVERIFY(run && run->error);
    QVERIFY2(run->error->find("two tensors are named 'a.b'") != std::string::npos, run->error->c_str());
}

void TstLoad::refusesUnknownDevices() {
    const auto checkpoint = open(path("names.pth"));
    QVERIFY(checkpoint);
    for (const char* device : {"cuda:99", "tpu", "meta", ""}) {
        const auto run = runLoadTest(*checkpoint, {"streamed", device, {}, {}}, {}, {}, {});
        QVERIFY(run && run->error);
        QVERIFY2(run->error->find("there is no device") != std::string::npos, run->error->c_str());
        const bool saysWhy = run->error->find(probeLoader().noCuda) != std::string::npos;
        QVERIFY2(saysWhy || device != std::string("cuda:99"), run->error->c_str());
    }
}

void TstLoad::endsWithItsSupervisor() {
    QProcess loader;
    loader.start(builtProgram("plimsoll-loader"),
                 {"--path", path("plain.pth"), "--strategy", "streamed", "--device", "cpu"});
    QVERIFY(loader.waitForStarted());
    while (!loader.canReadLine()) QVERIFY(loader.waitForReadyRead());
    QVERIFY(loader.readLine().contains("ready"));
    loader.write("go\n");
    // It stays, with the model in memory, after it has said that it is done ...
    for (QByteArray line; !line.contains("\"done\"");) {
        while (!loader.canReadLine()) QVERIFY(loader.waitForReadyRead());
        line = loader.readLine();
        QVERIFY2(!line.contains("error"), line.constData());
    }
    QCOMPARE(loader.state(), QProcess::Running);
    // ... and goes when nobody is left to hear it.
    loader.closeWriteChannel();
    QVERIFY(loader.waitForFinished());
    QCOMPARE(loader.exitCode(), 0);

    QProcess waiting;
    waiting.start(builtProgram("plimsoll-loader"),
                  {"--path", path("plain.pth"), "--strategy", "streamed", "--device", "cpu"});
    QVERIFY(waiting.waitForStarted());
    waiting.closeWriteChannel();
    QVERIFY(waiting.waitForFinished());
    QCOMPARE(waiting.exitCode(), 1);
}

void TstLoad::exitStatuses() {
    const QString loader = builtProgram("plimsoll-loader");
    QCOMPARE(runProcess(loader, {"--help"}).exitCode, 0);
    QCOMPARE(runProcess(loader, {"--sing"}).exitCode, 2);
    const auto run = runProcess(loader, {"--path", "x", "--strategy", "magic", "--device", "cpu"});
    QCOMPARE(run.exitCode, 2);
    QVERIFY(run.out.contains("there is no load strategy 'magic'"));
}

QTEST_GUILESS_MAIN(TstLoad)
#include "tst_load.moc"
