// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <random>
#include <tuple>

#include "base/limits.h"
#include "convert/part_ledger.h"
#include "convert/shards.h"
#include "convert/work_queue.h"
#include "convert/work_shape.h"
#include "zip/crc32.h"

using namespace plimsoll;
using limits::KiB;
using limits::MiB;

class TstConvertQueue final : public QObject {
    Q_OBJECT
private slots:
    void shapeFitsMemory_data();
    void shapeFitsMemory();
    void everyByteOnce_data();
    void everyByteOnce();
    void recordsInOrderStayWhole();
    void crcsCombineInAnyOrder();
    void doneItemsAreLeftOut();
    void workersTakeFilesOfTheirOwn_data();
    void workersTakeFilesOfTheirOwn();
    void announcesAhead_data();
    void announcesAhead();
    void greedySplit_data();
    void greedySplit();
};

void TstConvertQueue::shapeFitsMemory_data() {
    QTest::addColumn<quint64>("memory");
    QTest::addColumn<uint>("threads");
    QTest::addColumn<uint>("expectedThreads");  // 0: refused
    QTest::newRow("the usual") << quint64{64 * MiB} << 2U << 2U;
    QTest::newRow("little") << quint64{MiB} << 2U << 2U;
    QTest::newRow("fewer workers") << quint64{MiB} << 16U << 2U;
    QTest::newRow("the least") << quint64{384 * KiB} << 4U << 1U;
    QTest::newRow("too little") << quint64{384 * KiB - 1} << 4U << 0U;
    QTest::newRow("nothing") << quint64{0} << 1U << 0U;
    QTest::newRow("many") << (quint64{1} << 60) << 10'000U << 256U;
}

void TstConvertQueue::shapeFitsMemory() {
    QFETCH(quint64, memory);
    QFETCH(uint, threads);
    QFETCH(uint, expectedThreads);
    const auto shape = shapeWork(memory, threads);
    QCOMPARE(shape ? shape->threads : 0U, expectedThreads);
    if (!shape) {
        QVERIFY(shape.error().code == Errc::Usage);
        return;
    }
    QVERIFY(shape->memoryBytes() <= memory);
    QVERIFY(shape->blockBytes >= 64 * KiB && shape->blockBytes % (64 * KiB) == 0);
}

void TstConvertQueue::everyByteOnce_data() {
    QTest::addColumn<int>("from");
    QTest::addColumn<int>("to");
    QTest::addColumn<quint64>("block");
    for (const auto to : {DType::F32, DType::F64, DType::BF16, DType::F8_E5M2})
        for (const quint64 block : {64 * KiB, MiB})
            QTest::addRow("f32 to %s, %llu", shortName(to).data(), block) << int(DType::F32) << int(to) << block;
    QTest::addRow("16-byte elements") << int(DType::C128) << int(DType::C128) << quint64{64 * KiB};
}

void TstConvertQueue::everyByteOnce() {
    QFETCH(int, from);
    QFETCH(int, to);
    QFETCH(quint64, block);
    std::mt19937 random(1);
    std::vector<PlannedFile> files(3);
    for (auto& file : files) {
        for (int i = 0; i < 700; ++i) {
            PlannedRecord record;
            record.from = static_cast<DType>(from);
            record.to = static_cast<DType>(to);
            record.elements = random() % (i % 50 == 0 ? 1'000'000 : i % 3 == 0 ? 1 : 5'000);
            record.destinationBytes = record.elements * bitWidth(record.to) / 8;
            file.records.push_back(record);
        }
    }
    files.insert(files.begin() + 1, PlannedFile{});  // one without records
    WorkQueue queue(files, block, [](const auto&) { return false; });
    std::uint32_t file = 0;
    std::uint32_t record = 0;
    std::uint64_t offset = 0;
    std::uint64_t items = 0;
    while (const auto item = queue.next()) {
        ++items;
        if (item->file != file) {
            QVERIFY(record == files[file].records.size());
            file = item->file;
            record = 0;
        }
        QCOMPARE(item->record, record);
        QCOMPARE(item->offset, offset);
        QVERIFY(item->bytes <= block);
        QVERIFY(item->records >= 1);
        const auto& first = files[file].records[record];
        if (offset != 0 || item->bytes < first.destinationBytes) {
            QCOMPARE(item->records, 1U);
            QCOMPARE(item->bytes % (bitWidth(first.to) / 8), 0U);
            // What is read for it fits a block too.
            QVERIFY(item->bytes / (bitWidth(first.to) / 8) * (bitWidth(first.from) / 8) <= block);
            offset += item->bytes;
            if (offset < first.destinationBytes) continue;
            offset = 0;
            ++record;
            continue;
        }
        std::uint64_t sum = 0;
        for (auto i = record; i < record + item->records; ++i) sum += files[file].records[i].destinationBytes;
        QCOMPARE(item->bytes, sum);
        record += item->records;
    }
    QCOMPARE(file, 3U);
    QCOMPARE(record, 700U);
    if (block == MiB) QVERIFY(items < 1000);  // small ones were put together
}

void TstConvertQueue::recordsInOrderStayWhole() {
    std::vector<PlannedFile> files(1);
    for (int i = 0; i < 3; ++i) {
        PlannedRecord record;
        record.name = i == 1 ? "in order" : "any";
        record.from = record.to = DType::F32;
        record.destinationBytes = MiB;
        record.elements = MiB / 4;
        files[0].records.push_back(record);
    }
    WorkQueue queue(files, 256 * KiB, [](const PlannedRecord& record) { return record.name == "in order"; });
    int wholes = 0;
    int parts = 0;
    while (const auto item = queue.next()) {
        if (item->record == 1) {
            QCOMPARE(item->bytes, std::uint64_t{MiB});
            ++wholes;
        } else {
            QCOMPARE(item->bytes, std::uint64_t{256 * KiB});
            ++parts;
        }
    }
    QCOMPARE(wholes, 1);
    QCOMPARE(parts, 8);
}

void TstConvertQueue::crcsCombineInAnyOrder() {
    std::mt19937 random(2);
    std::vector<std::byte> data(5 * MiB + 1000);
    for (auto& byte : data) byte = static_cast<std::byte>(random());
    std::vector<PlannedFile> files(1);
    for (const std::uint64_t bytes : {std::uint64_t{5 * MiB + 1000}, std::uint64_t{60}, std::uint64_t{0}}) {
        PlannedRecord record;
        record.from = record.to = DType::U8;
        record.elements = record.destinationBytes = bytes;
        files[0].records.push_back(record);
    }
    const auto queue = [&] { return WorkQueue(files, 64 * KiB, [](const auto&) { return false; }); };
    std::vector<WorkItem> items;
    auto all = queue();
    while (const auto item = all.next()) items.push_back(*item);
    for (int round = 0; round < 5; ++round) {
        std::shuffle(items.begin(), items.end(), random);
        PartLedger ledger(files);
        for (const auto& item : items) {
            std::vector<PartSummary> parts;
            for (std::uint32_t i = 0; i < item.records; ++i) {
                const auto bytes = item.records > 1 ? files[0].records[item.record + i].destinationBytes : item.bytes;
                parts.push_back({crc32(0, std::span(data).subspan(item.offset, bytes)), {}});
            }
            ledger.add(item, parts);
        }
        auto fresh = queue();
        const auto crcs = ledger.recordCrcs(fresh);
        QCOMPARE(crcs[0], (std::vector{crc32(0, data), crc32(0, std::span(data).first(60)), 0U}));
    }
}

void TstConvertQueue::doneItemsAreLeftOut() {
    std::vector<PlannedFile> files(2);
    for (int i = 0; i < 400; ++i) {
        PlannedRecord record;
        record.from = record.to = DType::U8;
        record.elements = record.destinationBytes = i % 40 == 0 ? 300 * KiB : 100;
        files[static_cast<std::size_t>(i % 2)].records.push_back(record);
    }
    const auto never = [](const auto&) { return false; };
    WorkQueue all(files, 64 * KiB, never);
    std::vector<WorkItem> items;
    std::uint64_t parts = 0;
    while (const auto item = all.next()) {
        QCOMPARE(item->number, items.size());
        QCOMPARE(item->firstPart, parts);
        parts += item->records;
        items.push_back(*item);
    }
    std::vector<bool> done(items.size() - 3);
    for (std::size_t i = 0; i < done.size(); ++i) done[i] = i % 3 != 0;
    WorkQueue rest(files, 64 * KiB, never, done);
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i < done.size() && done[i]) continue;
        const auto item = rest.next();
        QVERIFY(item);
        QCOMPARE(item->number, items[i].number);
        QCOMPARE(item->firstPart, items[i].firstPart);
        QCOMPARE(item->offset, items[i].offset);
    }
    QVERIFY(!rest.next());
}

void TstConvertQueue::workersTakeFilesOfTheirOwn_data() {
    QTest::addColumn<int>("workers");
    for (const int workers : {1, 2, 3, 9}) QTest::addRow("%d workers", workers) << workers;
}

void TstConvertQueue::workersTakeFilesOfTheirOwn() {
    QFETCH(int, workers);
    constexpr std::size_t kFiles = 6;
    constexpr std::size_t kEmpty = 2;
    std::vector<PlannedFile> files(kFiles);
    for (std::size_t i = 0; i < kFiles; ++i) {
        PlannedRecord record;
        record.from = record.to = DType::U8;
        record.elements = record.destinationBytes = (i + 1) * MiB;
        if (i != kEmpty) files[i].records.assign(3, record);
    }
    const auto queue = [&](std::vector<bool> done) {
        return WorkQueue(
            files, 64 * KiB, [](const auto&) { return false; }, std::move(done));
    };
    std::vector<WorkItem> items;
    auto all = queue({});
    while (const auto item = all.next()) items.push_back(*item);

    std::vector<bool> done(items.size());
    for (std::size_t i = 0; i < items.size(); i += 7) done[i] = true;
    auto shared = queue(done);
    std::vector<WorkQueue::Worker> team(static_cast<std::size_t>(workers));
    std::vector<std::uint64_t> lastOfFile(kFiles);
    std::size_t filesBegun = 0;
    for (std::size_t turn = 0;; ++turn) {
        const auto item = shared.next(team[turn % team.size()]);
        if (!item) break;
        QVERIFY(!done[item->number]);
        done[item->number] = true;
        const auto& same = items[item->number];
        QCOMPARE(std::tie(item->file, item->record, item->offset, item->bytes, item->firstPart),
                 std::tie(same.file, same.record, same.offset, same.bytes, same.firstPart));
        if (lastOfFile[item->file] == 0) ++filesBegun;
        QVERIFY(item->number > lastOfFile[item->file]);
        lastOfFile[item->file] = item->number;
        if (filesBegun == kFiles - 1) continue;
        for (std::size_t i = 1; i < team.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) QVERIFY(!team[i].file || team[i].file != team[j].file);
    }
    QCOMPARE(std::ranges::count(done, false), 0);
}

void TstConvertQueue::announcesAhead_data() {
    QTest::addColumn<quint64>("ahead");
    QTest::addColumn<int>("workers");
    for (const int workers : {1, 3})
        for (const quint64 ahead : {quint64{0}, quint64{1}, quint64{MiB}, quint64{100 * MiB}})
            QTest::addRow("%llu bytes, %d", ahead, workers) << ahead << workers;
}

// Every item once, in each file's order, before it is handed out, and no further ahead than asked.
void TstConvertQueue::announcesAhead() {
    QFETCH(const quint64, ahead);
    QFETCH(const int, workers);
    std::vector<PlannedFile> files(4);
    std::mt19937 random(3);
    for (auto& file : files) {
        for (int i = 0; i < 200; ++i) {
            PlannedRecord record;
            record.from = DType::F32;
            record.to = DType::BF16;
            record.elements = i % 20 == 0 ? random() % 300'000 : random() % 2'000;
            record.destinationBytes = record.elements * 2;
            file.records.push_back(record);
        }
    }
    std::vector<bool> done(400);
    for (std::size_t i = 0; i < done.size(); i += 5) done[i] = true;
    WorkQueue queue(files, 256 * KiB, [](const auto&) { return false; }, done, {true, true, false, true});
    std::vector<std::vector<WorkItem>> announced(files.size());
    const ItemsAhead soon{ahead, [&](const WorkItem& item) { announced[item.file].push_back(item); }};
    std::vector<WorkQueue::Worker> team(static_cast<std::size_t>(workers));
    std::vector<std::size_t> taken(files.size());
    for (std::size_t turn = 0;; ++turn) {
        const auto item = queue.next(team[turn % team.size()], soon);
        if (!item) break;
        auto& ofFile = announced[item->file];
        auto& count = taken[item->file];
        QCOMPARE(ofFile.size() > count, ahead != 0);
        if (ahead != 0) QCOMPARE(ofFile[count].number, item->number);
        ++count;
        std::uint64_t waiting = 0;
        for (std::size_t i = count; i + 1 < ofFile.size(); ++i) {
            const auto& record = files[item->file].records[ofFile[i].record];
            waiting += ofFile[i].records == 1 ? sourceBytesOf(record, ofFile[i].bytes) : 0;
        }
        QVERIFY(waiting <= ahead);
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
        QCOMPARE(taken[i] != 0, i != 2);
        QCOMPARE(announced[i].size(), ahead != 0 ? taken[i] : 0);
    }
}

void TstConvertQueue::greedySplit_data() {
    QTest::addColumn<QList<int>>("sizes");
    QTest::addColumn<QString>("shards");
    // What huggingface_hub's split_state_dict_into_shards_factory makes of these with max_shard_size=10.
    QTest::newRow("nothing") << QList<int>() << "";
    QTest::newRow("one") << QList<int>{10} << "0";
    QTest::newRow("fits exactly") << QList<int>{4, 6} << "0 1";
    QTest::newRow("one too many") << QList<int>{4, 6, 1} << "0 1|2";
    QTest::newRow("a large one goes first") << QList<int>{3, 11, 3} << "1|0 2";
    QTest::newRow("only large ones") << QList<int>{11, 12} << "0|1";
    QTest::newRow("empty ones") << QList<int>{0, 10, 0, 1} << "0 1 2|3";
    QTest::newRow("greedy, not optimal") << QList<int>{6, 5, 4, 5} << "0|1 2|3";
}

void TstConvertQueue::greedySplit() {
    QFETCH(QList<int>, sizes);
    std::vector<ShardUnit> units;
    units.reserve(static_cast<std::size_t>(sizes.size()));
    for (int i = 0; i < sizes.size(); ++i)
        units.push_back({static_cast<std::uint64_t>(sizes[i]), {static_cast<std::uint32_t>(i)}});
    QStringList shards;
    for (const auto& shard : splitIntoShards(units, 10)) {
        QStringList members;
        for (const auto i : shard) members << QString::number(i);
        shards << members.join(' ');
    }
    QTEST(shards.join('|'), "shards");
}

QTEST_APPLESS_MAIN(TstConvertQueue)
#include "tst_convert_queue.moc"
