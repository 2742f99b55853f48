// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "lab/predictions.h"
#include "lab/report_json.h"
#include "lab/strategies.h"
#include "memory/device_model.h"
#include "memory/host_model.h"
#include "memory/predict.h"
#include "memory/stream_buffers.h"

using namespace plimsoll;

namespace {

constexpr std::uint64_t kMiB = 1U << 20U;

// A state dict of f32 matrices, as a reader would leave it; the file is never opened.
Checkpoint modelOf(const std::vector<std::uint64_t>& elements) {
    Checkpoint checkpoint;
    checkpoint.path = "model.pth";
    checkpoint.files.push_back({"model.pth", "model.pth", 0, nullptr});
    std::uint64_t offset = 4096;
    int n = 0;
    for (const std::uint64_t count : elements) {
        Storage storage;
        storage.file = FileId(0);
        storage.offset = offset;
        storage.bytes = storage.storedBytes = count * 4;
        storage.dtype = DType::F32;
        const std::uint64_t shape[] = {count};
        TensorRow row;
        const std::string name = "layer." + std::to_string(n++) + ".weight";
        row.name = name;
        row.shape = shape;
        row.storage = checkpoint.tensors.addStorage(storage);
        if (!checkpoint.tensors.add(row, TensorTable::Name::Copy)) qFatal("a row was refused");
        offset += (count * 4 + 4095) / 4096 * 4096;
    }
    checkpoint.files[0].bytes = offset + 4096;
    return checkpoint;
}

// Four tensors of 4 EiB each over four bytes: together a little short of what 64 bits count.
Checkpoint hostileModel() {
    Checkpoint checkpoint;
    checkpoint.files.push_back({"model.pth", "model.pth", 4096, nullptr});
    Storage storage;
    storage.file = FileId(0);
    storage.bytes = storage.storedBytes = 4;
    storage.dtype = DType::F32;
    const auto id = checkpoint.tensors.addStorage(storage);
    for (std::uint64_t n = 0; n < 4; ++n) {
        const std::uint64_t shape[] = {(std::uint64_t{1} << 60U) - n};
        const std::int64_t stride[] = {0};
        const std::string name = std::to_string(n);
        TensorRow row;
        row.name = name;
        row.shape = shape;
        row.strideElems = stride;
        row.storage = id;
        if (!checkpoint.tensors.add(row, TensorTable::Name::Copy)) qFatal("a row was refused");
    }
    return checkpoint;
}

bool near(std::uint64_t value, double expected) {
    return std::abs(static_cast<double>(value) / expected - 1) < 0.01;
}

}  // namespace

class TstPredict : public QObject {
    Q_OBJECT
private slots:
    void knowsEveryStrategy();
    void hostPeaks_data();
    void hostPeaks();
    void devicePeaks_data();
    void devicePeaks();
    void wholeFileIsMapped();
    void tiedAndStridedCountOnce();
    void verificationOfWhatIsNotInOrder_data();
    void verificationOfWhatIsNotInOrder();
    void saysWhereItIsABound();
    void countsModulesOnce();
    void judges_data();
    void judges();
    void whatNoMachineHoldsFitsNowhere();
    void deviceAllocatorRounds_data();
    void deviceAllocatorRounds();
    void packedAllocatorWastesNothing();
    void deviceAllocatorReusesWhatIsFreed();
    void manySmallTensorsOfADevice();
    void noMoreThreadsThanReads();
    void hostAllocatorKeepsItsHeap();
    void writesThemAsJson();
};

void TstPredict::knowsEveryStrategy() {
    const Checkpoint model = modelOf({1000});
    for (const StrategyInfo& info : strategies()) QVERIFY(predictLoad(loadBasis(model), info.name, false, {}));
    QVERIFY(!predictLoad(loadBasis(model), "magic", false, {}));
}

void TstPredict::hostPeaks_data() {
    QTest::addColumn<QString>("strategy");
    QTest::addColumn<double>("mebibytes");
    // 64 + 32 + 128 MiB of weights; the last is the largest.
    QTest::newRow("baseline") << "baseline" << 448.0;
    QTest::newRow("sequential") << "sequential" << 448.0;
    QTest::newRow("meta") << "meta" << 448.0;
    QTest::newRow("per-tensor") << "per-tensor" << 224.0 + 128;
    QTest::newRow("mmap-process") << "mmap-process" << 112.0;
    QTest::newRow("lazy") << "lazy" << 48.0 + 128 + 64;         // the last is cast when the first two are there
    QTest::newRow("streamed") << "streamed" << 224.0 + 12 * 2;  // a buffer for each thread
}

void TstPredict::hostPeaks() {
    QFETCH(const QString, strategy);
    QFETCH(const double, mebibytes);
    const Checkpoint model = modelOf({16 * kMiB, 8 * kMiB, 32 * kMiB});
    const auto* info = findStrategy(strategy.toStdString());
    QVERIFY(info != nullptr);
    const auto prediction = predictLoad(loadBasis(model), info->name, false, targetOf(*info, {}));
    QVERIFY(prediction);
    QVERIFY2(near(prediction->hostAnon, mebibytes * kMiB), qPrintable(QString::number(prediction->hostAnon)));
    QCOMPARE(prediction->device, 0U);
}

void TstPredict::devicePeaks_data() {
    QTest::addColumn<QString>("strategy");
    QTest::addColumn<double>("device");
    QTest::addColumn<double>("host");
    QTest::newRow("baseline") << "baseline" << 448.0 << 224.0;
    QTest::newRow("sequential") << "sequential" << 224.0 + 128 << 224.0;
    QTest::newRow("meta") << "meta" << 448.0 << 128.0;
    QTest::newRow("mmap-assign") << "mmap-assign" << 224.0 << 8.0;  // a block of the verification
    QTest::newRow("per-tensor") << "per-tensor" << 224.0 << 128.0;
    QTest::newRow("mmap-process") << "mmap-process" << 112.0 << 64.0;
    QTest::newRow("lazy") << "lazy" << 112.0 << 192.0;
    const double pinned =
        static_cast<double>(stream_buffers::kThreads * stream_buffers::kPinnedPerThread * stream_buffers::kBlockBytes) /
        kMiB;
    QTest::newRow("streamed") << "streamed" << 224.0 << pinned + 13 * 216.0 / 1024;  // and 13 threads start
}

void TstPredict::devicePeaks() {
    QFETCH(const QString, strategy);
    QFETCH(const double, device);
    QFETCH(const double, host);
    const Checkpoint model = modelOf({16 * kMiB, 8 * kMiB, 32 * kMiB});
    const auto* info = findStrategy(strategy.toStdString());
    QVERIFY(info != nullptr);
    const auto prediction = predictLoad(loadBasis(model), info->name, true, targetOf(*info, {}));
    QVERIFY(prediction);
    QVERIFY2(near(prediction->device, device * kMiB), qPrintable(QString::number(prediction->device)));
    QVERIFY(prediction->deviceReserved >= prediction->device);
    QVERIFY2(std::abs(static_cast<double>(prediction->hostAnon) - host * kMiB) < 0.01 * host * kMiB + kMiB,
             qPrintable(QString::number(prediction->hostAnon)));
}

void TstPredict::wholeFileIsMapped() {
    const Checkpoint model = modelOf({16 * kMiB, 8 * kMiB, 32 * kMiB});
    QVERIFY(near(predictLoad(loadBasis(model), "mmap-assign", false, {})->hostFile, 228.0 * kMiB));
    QVERIFY(predictLoad(loadBasis(model), "streamed", false, {})->hostFile < 8 * kMiB);
}

void TstPredict::tiedAndStridedCountOnce() {
    Checkpoint model = modelOf({4 * kMiB});
    QVERIFY(model.tensors.addAgain(TensorId(0), "tied", TensorTable::Name::Copy));
    const auto once = predictLoad(loadBasis(modelOf({4 * kMiB})), "streamed", false, {});
    const auto tied = predictLoad(loadBasis(model), "streamed", false, {});
    QVERIFY(tied->hostAnon - once->hostAnon < 4096);
}

void TstPredict::verificationOfWhatIsNotInOrder_data() {
    QTest::addColumn<QString>("strategy");
    QTest::addColumn<quint64>("columns");  // of a matrix with 1024 rows of f32
    QTest::addColumn<double>("mebibytes");
    QTest::newRow("mmap-assign") << "mmap-assign" << quint64{512} << 2.0;
    QTest::newRow("mmap-assign, many blocks") << "mmap-assign" << quint64{16384} << 8.0;
    QTest::newRow("mmap-process") << "mmap-process" << quint64{512} << 1.0 + 1;
    QTest::newRow("what is copied is in order") << "meta" << quint64{512} << 2.0 + 2;
}

// A turned matrix, whose elements are put in order for the checksum.
void TstPredict::verificationOfWhatIsNotInOrder() {
    QFETCH(const QString, strategy);
    QFETCH(const quint64, columns);
    QFETCH(const double, mebibytes);
    Checkpoint model = modelOf({1});
    Storage storage;
    storage.file = FileId(0);
    storage.bytes = storage.storedBytes = columns * 4096;
    storage.offset = 8192;
    storage.dtype = DType::F32;
    const std::uint64_t shape[] = {columns, 1024};
    const std::int64_t stride[] = {1, static_cast<std::int64_t>(columns)};
    TensorRow row;
    row.name = "turned";
    row.dtype = DType::F32;
    row.shape = shape;
    row.strideElems = stride;
    row.storage = model.tensors.addStorage(storage);
    QVERIFY(model.tensors.add(row, TensorTable::Name::Copy));
    const auto* info = findStrategy(strategy.toStdString());
    const auto without = predictLoad(loadBasis(modelOf({1})), info->name, false, targetOf(*info, {}));
    const auto with = predictLoad(loadBasis(model), info->name, false, targetOf(*info, {}));
    const auto more = static_cast<double>(with->hostAnon - without->hostAnon) / kMiB;
    QVERIFY2(std::abs(more - mebibytes) < 0.05, qPrintable(QString::number(more)));
}

// streamed has buffers for what comes from the disk: beside a small model they are most of what is predicted.
void TstPredict::saysWhereItIsABound() {
    const Checkpoint small = modelOf({4 * kMiB});
    const Checkpoint large = modelOf({256 * kMiB});
    const auto of = [](const Checkpoint& model, const char* strategy) {
        return *predictLoad(loadBasis(model), strategy, false, {});
    };
    QVERIFY(isUpperBound(of(small, "streamed")));
    QVERIFY(!isUpperBound(of(large, "streamed")));
    QVERIFY(!isUpperBound(of(small, "meta")));
    QCOMPARE(of(large, "streamed").hostBuffers, stream_buffers::kThreads * stream_buffers::kStagingBytes);
    QVERIFY(hostAnonText(of(small, "streamed")).starts_with("<= "));
    QVERIFY(!hostAnonText(of(large, "streamed")).starts_with("<= "));
    // A bound that holds is right, whatever was measured.
    const auto bound = static_cast<double>(of(small, "streamed").hostAnon);
    QVERIFY(!hostErrorPercent(of(small, "streamed"), bound / 2));
    QCOMPARE(hostErrorPercent(of(small, "streamed"), bound * 2), std::optional(-50.0));
    QCOMPARE(hostErrorPercent(of(large, "meta"), static_cast<double>(of(large, "meta").hostAnon) / 2),
             std::optional(100.0));
    QVERIFY(!hostErrorPercent(of(large, "meta"), 0));
}

// A module is a prefix of names, wherever in the table these are.
void TstPredict::countsModulesOnce() {
    Checkpoint model = modelOf({1});  // "layer.0.weight"
    std::uint64_t before = loadBasis(model).objectBytes;
    const auto added = [&](const char* name) {
        if (!model.tensors.addAgain(TensorId(0), name, TensorTable::Name::Copy)) qFatal("a row was refused");
        return loadBasis(model).objectBytes - std::exchange(before, loadBasis(model).objectBytes);
    };
    const std::uint64_t tensor = added("layer.0.bias");
    const std::uint64_t module = added("other.weight") - tensor;
    QVERIFY(tensor > 0 && module > 0);
    QCOMPARE(added("x.layer.0.weight"), tensor + 3 * module);
    QCOMPARE(added("layer.0.scale"), tensor);
    QCOMPARE(added("layer.00"), tensor);
    QCOMPARE(added("layer"), tensor);
    QCOMPARE(added("layer.00.weight"), tensor + module);
}

void TstPredict::judges_data() {
    QTest::addColumn<qint64>("host");
    QTest::addColumn<qint64>("device");
    QTest::addColumn<bool>("onDevice");
    QTest::addColumn<int>("fit");
    const auto yes = static_cast<int>(Fit::Yes), no = static_cast<int>(Fit::No);
    QTest::newRow("host large enough") << qint64{1'500'000'000} << qint64{-1} << false << yes;
    QTest::newRow("host too small") << qint64{1'000'000'000} << qint64{-1} << false << no;
    QTest::newRow("host unknown") << qint64{-1} << qint64{-1} << false << static_cast<int>(Fit::Unknown);
    QTest::newRow("both fit") << qint64{1'500'000'000} << qint64{3'000'000'000} << true << yes;
    QTest::newRow("device too small for the context") << qint64{1'500'000'000} << qint64{2'100'000'000} << true << no;
    QTest::newRow("device unknown") << qint64{1'500'000'000} << qint64{-1} << true << static_cast<int>(Fit::Unknown);
    QTest::newRow("device unknown, host too small") << qint64{1} << qint64{-1} << true << no;
}

void TstPredict::judges() {
    QFETCH(const qint64, host);
    QFETCH(const qint64, device);
    QFETCH(const bool, onDevice);
    Room room;
    if (host >= 0) room.host = static_cast<std::uint64_t>(host);
    if (device >= 0) room.device = static_cast<std::uint64_t>(device);
    const Prediction prediction{1'000'000'000, 9'000'000'000, 1'900'000'000, 2'000'000'000};
    const FitVerdict verdict = judgeFit(prediction, onDevice, room);
    QTEST(static_cast<int>(verdict.fit), "fit");
    QVERIFY(verdict.hostNeed > prediction.hostAnon && verdict.hostNeed < 2'000'000'000);  // mapped pages do not count
    QCOMPARE(verdict.deviceNeed > 0, onDevice);
}

void TstPredict::whatNoMachineHoldsFitsNowhere() {
    constexpr std::uint64_t kHuge = std::uint64_t{1} << 60U;
    const Checkpoint model = hostileModel();
    const Room room{64 * 1024 * kMiB, 24 * 1024 * kMiB};
    for (const StrategyInfo& info : strategies()) {
        if (info.name == "mmap-assign") continue;  // it maps the four bytes
        for (const std::optional<DType> dtype : {std::optional<DType>(), std::optional(DType::F64)}) {
            for (const bool onDevice : {false, true}) {
                const auto prediction = predictLoad(loadBasis(model), info.name, onDevice, targetOf(info, dtype));
                QVERIFY(prediction);
                QVERIFY2((onDevice ? prediction->device : prediction->hostAnon) > kHuge, info.name.data());
                QVERIFY2(!onDevice || prediction->deviceReserved >= prediction->device, info.name.data());
                QCOMPARE(judgeFit(*prediction, onDevice, room).fit, Fit::No);
            }
        }
    }
}

void TstPredict::deviceAllocatorRounds_data() {
    QTest::addColumn<quint64>("bytes");
    QTest::addColumn<quint64>("allocated");
    QTest::addColumn<quint64>("reserved");
    QTest::newRow("nothing") << quint64{0} << quint64{0} << quint64{0};
    QTest::newRow("a byte") << quint64{1} << quint64{512} << quint64{2 * kMiB};
    QTest::newRow("1 MiB is small") << quint64{kMiB} << quint64{kMiB} << quint64{2 * kMiB};
    QTest::newRow("more shares 20 MiB") << quint64{kMiB + 1} << quint64{kMiB + 512} << quint64{20 * kMiB};
    QTest::newRow("10 MiB stands alone") << quint64{10 * kMiB} << quint64{10 * kMiB} << quint64{10 * kMiB};
    // A rest of up to 1 MiB is not split off.
    QTest::newRow("large keeps its rest") << quint64{11 * kMiB} << quint64{12 * kMiB} << quint64{12 * kMiB};
}

void TstPredict::deviceAllocatorRounds() {
    QFETCH(const quint64, bytes);
    DeviceModel device;
    device.allocate(bytes);
    QTEST(quint64{device.peakAllocated()}, "allocated");
    QTEST(quint64{device.peakReserved()}, "reserved");
}

void TstPredict::packedAllocatorWastesNothing() {
    PackedDeviceModel packed;
    DeviceModel plain;
    for (int n = 0; n < 100; ++n) {
        packed.allocate(10'240'000);  // 9.77 MiB
        plain.allocate(10'240'000);
    }
    packed.allocate(1);
    QCOMPARE(packed.allocated(), std::uint64_t{100 * 10'240'000 + 512});
    QCOMPARE(packed.reserved(), 980 * kMiB + 2 * kMiB);
    QVERIFY(plain.peakAllocated() > packed.allocated() + 20 * kMiB);
    // Of a model that torch's rounding does not fit: streamed is predicted to take no more than 1 % above it.
    constexpr std::uint64_t kAtMost = std::uint64_t{1'024'000'000} * 101 / 100;
    const Checkpoint model = modelOf(std::vector<std::uint64_t>(100, 2'560'000));
    const auto streamed = predictLoad(loadBasis(model), "streamed", true, {});
    const auto mapped = predictLoad(loadBasis(model), "mmap-assign", true, {});
    QVERIFY(streamed && mapped);
    QVERIFY(streamed->device <= kAtMost);
    QVERIFY(mapped->device > kAtMost);
}

void TstPredict::deviceAllocatorReusesWhatIsFreed() {
    DeviceModel device;
    for (int n = 0; n < 1000; ++n) device.release(device.allocate(4 * kMiB));
    QCOMPARE(device.peakAllocated(), 4 * kMiB);
    QCOMPARE(device.peakBlocks(), 1U);
    QCOMPARE(device.peakReserved(), 20 * kMiB);
    // Five neighbours freed in any order are one block again.
    std::array<DeviceModel::Handle, 5> parts{};
    for (auto& part : parts) part = device.allocate(4 * kMiB);
    for (const std::size_t n : {1U, 3U, 0U, 4U, 2U}) device.release(parts[n]);
    device.allocate(9 * kMiB);
    device.allocate(9 * kMiB);
    QCOMPARE(device.peakReserved(), 20 * kMiB);
}

void TstPredict::manySmallTensorsOfADevice() {
    // Each is a block in the books of the device's allocator, and all of them are one read.
    constexpr std::uint64_t kTensors = 400;
    const Checkpoint model = modelOf(std::vector<std::uint64_t>(kTensors, 100));
    const auto host = [&](const char* strategy) { return predictLoad(loadBasis(model), strategy, true, {})->hostAnon; };
    QVERIFY(host("meta") >= host("per-tensor") + kTensors * 250);  // a second one in the state dict
    QVERIFY(host("streamed") < 6 * kMiB);
}

void TstPredict::noMoreThreadsThanReads() {
    // One tensor of 4 MiB: two blocks of 2 MiB, each by a thread with its pinned buffers, and its own cast.
    const Checkpoint model = modelOf({kMiB});
    const auto asStored = predictLoad(loadBasis(model), "streamed", true, {});
    const auto cast = predictLoad(loadBasis(model), "streamed", true, DType::BF16);
    QVERIFY(asStored && cast);
    QVERIFY(asStored->hostAnon > 8 * kMiB && asStored->hostAnon < 10 * kMiB);
    QCOMPARE(asStored->device, 4 * kMiB);
    QCOMPARE(cast->device, 2 * kMiB + 2 * stream_buffers::kBlockBytes);
}

void TstPredict::hostAllocatorKeepsItsHeap() {
    HostModel host;
    const auto large = host.allocate(8 * kMiB);
    QVERIFY(large.pages);
    host.touch(large);
    host.release(large);
    // Small ones share a heap, which keeps what was freed; large ones leave nothing behind.
    std::vector<HostModel::Request> small(64);
    for (auto& request : small) {
        request = host.allocate(64 * 1024);
        QVERIFY(!request.pages);
        host.touch(request);
    }
    for (const auto& request : small) host.release(request);
    const auto other = host.allocate(100 * kMiB);
    QVERIFY(other.pages);
    host.touch(other);
    QVERIFY(near(host.peak(), 104.0 * kMiB));
    QCOMPARE(host.allocate(0).bytes, 0U);
}

void TstPredict::writesThemAsJson() {
    const Checkpoint model = modelOf({4 * kMiB});
    Comparison comparison;
    comparison.strategies = {"baseline", "lazy"};
    const Room room{1'000'000'000, std::nullopt};
    const auto predictions = predictLoads(model, comparison, room);
    const auto text = predictionsJson(model, "cpu", room, predictions);
    const auto document = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
    QCOMPARE(document["model_bytes"].toInteger(), qint64{16 * kMiB});
    QCOMPARE(document["room"].toObject()["host"].toInteger(), 1'000'000'000);
    QVERIFY(document["room"].toObject()["device"].isNull());
    QCOMPARE(document["runs"].toArray().size(), 2);
    const auto run = document["runs"][1].toObject();
    QCOMPARE(run["strategy"].toString(), QString("lazy"));
    QCOMPARE(run["dtype"].toString(), QString("bfloat16"));
    QVERIFY(run["fits"].toBool());
    QVERIFY(run["predicted"].toObject()["host_anon"].toInteger() > qint64{16 * kMiB});
    QVERIFY(run["seconds"].isNull());
}

QTEST_GUILESS_MAIN(TstPredict)
#include "tst_predict.moc"
