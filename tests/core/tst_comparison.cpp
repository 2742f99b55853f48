// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <functional>
#include <memory>
#include <stop_token>
#include <utility>

#include "fake_loader.h"
#include "lab/comparison.h"

using namespace plimsoll;

namespace {

// Counts the work that is announced before the first run.
class Watching final : public ComparisonObserver {
public:
    ProgressSink& preparing(std::string_view, std::uint64_t) override {
        ++prepared;
        return counter_;
    }
    LoadObserver runStarted(std::size_t, const LoadTest&) override { return {}; }
    void runFinished(std::size_t run, const LoadRun&) override {
        if (finished) finished(run);
    }
    int prepared = 0;
    std::function<void(std::size_t)> finished;

private:
    ProgressCounter counter_;
};

Result<LoadReport> compareFake(const std::string& device, Watching& watching, Checkpoint model = someCheckpoint()) {
    const auto checkpoint = std::make_shared<const Checkpoint>(std::move(model));
    Comparison comparison;
    comparison.strategies = {"streamed"};
    comparison.device = device;
    Checksums checksums;
    return compareLoads(checkpoint, comparison, checksums, watching, {});
}

}  // namespace

class TstComparison : public QObject {
    Q_OBJECT

private slots:
    void missingDeviceIsSaidBeforeAnythingIsRead_data();
    void missingDeviceIsSaidBeforeAnythingIsRead();
    void keepsWhatADeviceReports();
    void keepsWhatWasMeasured_data();
    void keepsWhatWasMeasured();
    void refusesWhatNoMachineHolds();
};

void TstComparison::missingDeviceIsSaidBeforeAnythingIsRead_data() {
    QTest::addColumn<QByteArray>("devices");
    QTest::addColumn<QByteArray>("noCuda");
    QTest::addColumn<QString>("error");
    QTest::newRow("no driver") << QByteArray(R"("cpu")") << QByteArray("no driver is installed")
                               << "there is no device 'cuda:3' here (found: cpu): no driver is installed";
    QTest::newRow("others") << QByteArray(R"("cpu","cuda:0")") << QByteArray()
                            << "there is no device 'cuda:3' here (found: cpu, cuda:0)";
}

void TstComparison::missingDeviceIsSaidBeforeAnythingIsRead() {
    QFETCH(const QByteArray, devices);
    QFETCH(const QByteArray, noCuda);
    QFETCH(const QString, error);
    const FakeLoader loader(R"(echo '{"torch":"2.11.0","cuda":false,"devices":[)" + devices +
                            R"(],"device_bytes":[0,0],"strategies":[],"no_cuda":")" + noCuda + R"("}' >&3)");
    Watching watching;
    const auto report = compareFake("cuda:3", watching);
    QVERIFY(!report);
    QCOMPARE(report.error().code, Errc::Usage);
    QCOMPARE(QString::fromStdString(report.error().what), error);
    QCOMPARE(watching.prepared, 0);
}

void TstComparison::keepsWhatADeviceReports() {
    const QByteArray probe =
        R"(echo '{"torch":"2.11.0","cuda":true,"devices":["cpu","cuda:3"],"device_bytes":[0,9],"strategies":[],"no_cuda":""}')";
    const QByteArray sample = R"(echo '{"event":"device","ns":2,"allocated":500,"reserved":800,"used":900}' >&3; )";
    QByteArray done = kDone;
    done.replace(R"("notes":[])", R"("notes":[],"device":{"peak_allocated":700,"peak_reserved":750,"peak_used":850})");
    const FakeLoader loader("[ $1 = --probe ] && { " + probe + " >&3; exit 0; }; " + kReady + kPhases + sample + done +
                            "read end");
    Watching watching;
    const auto report = compareFake("cuda:3", watching);
    QVERIFY2(report, report ? "" : report.error().what.c_str());
    QCOMPARE(report->device, std::string("cuda:3"));
    QCOMPARE(report->runs.size(), 1U);
    const LoadRun& run = report->runs.front();
    QVERIFY(run.devicePeaks);
    QCOMPARE(run.devicePeaks->peakAllocated, 700U);
    QCOMPARE(run.devicePeaks->peakReserved, 800U);  // the higher of what was sampled and what the allocator says
    QCOMPARE(run.devicePeaks->peakUsed, 900U);
    QCOMPARE(run.timeline.points.back().deviceUsed, 900U);
    QVERIFY(run.predicted);
}

void TstComparison::keepsWhatWasMeasured_data() {
    QTest::addColumn<bool>("stops");
    QTest::addColumn<QString>("error");
    QTest::newRow("a stop between two runs") << true << "cancelled";
    QTest::newRow("a load program that is gone") << false << "loader";
}

// The comparison ends after its first run; what a run was asked to run under is known of the second too.
void TstComparison::keepsWhatWasMeasured() {
    QFETCH(const bool, stops);
    QFETCH(const QString, error);
    const FakeLoader loader(kReady + kPhases + kDone + "read end");
    Comparison comparison;
    comparison.strategies = {"streamed", "lazy"};
    comparison.cache = CacheState::Warm;
    comparison.hostLimit = std::uint64_t{1} << 40U;
    Watching watching;
    std::stop_source source;
    watching.finished = [&](std::size_t run) {
        if (run != 0) return;
        if (stops)
            source.request_stop();
        else
            QVERIFY(QFile::remove(loader.path("loader")));
    };
    Checksums checksums;
    const auto checkpoint = std::make_shared<const Checkpoint>(someCheckpoint());
    const auto report = compareLoads(checkpoint, comparison, checksums, watching, source.get_token());
    QVERIFY2(report, report ? "" : report.error().what.c_str());
    QCOMPARE(report->runs.size(), 2U);
    QCOMPARE(report->runs[0].seconds, 1.5);
    const LoadRun& last = report->runs[1];
    QCOMPARE(last.cancelled, stops);
    QVERIFY2(last.error && QString::fromStdString(*last.error).contains(error), last.error.value_or("").c_str());
    QCOMPARE(last.dtype, std::optional(DType::BF16));
    QCOMPARE(last.cache, CacheState::Warm);
    QCOMPARE(last.hostLimit, comparison.hostLimit);
}

// One element, 2^58 times.
void TstComparison::refusesWhatNoMachineHolds() {
    Checkpoint model = someCheckpoint();
    model.files.emplace_back();
    Storage storage;
    storage.file = FileId(0);
    storage.bytes = 4;
    const std::uint64_t shape[] = {std::uint64_t{1} << 58U};
    const std::int64_t stride[] = {0};
    TensorRow row;
    row.name = "broadcast";
    row.dtype = DType::F32;
    row.shape = shape;
    row.strideElems = stride;
    row.storage = model.tensors.addStorage(storage);
    QVERIFY(model.tensors.add(row, TensorTable::Name::Copy));
    Watching watching;
    const auto report = compareFake("cpu", watching, std::move(model));
    QVERIFY(!report);
    QCOMPARE(report.error().code, Errc::OverLimit);
    QCOMPARE(watching.prepared, 0);
}

QTEST_APPLESS_MAIN(TstComparison)
#include "tst_comparison.moc"
