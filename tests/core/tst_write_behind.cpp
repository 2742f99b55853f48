// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <random>
#include <vector>

#include "base/limits.h"
#include "convert/output_set.h"
#include "convert/write_behind.h"
#include "io/input_file.h"
#include "io/resident_pages.h"

using namespace plimsoll;
using limits::MiB;

class TstWriteBehind : public QObject {
    Q_OBJECT
private slots:
    void givesBackLargeRecords_data();
    void givesBackLargeRecords();
};

void TstWriteBehind::givesBackLargeRecords_data() {
    QTest::addColumn<quint64>("recordBytes");
    QTest::addColumn<quint64>("fileBytes");  // as planned
    QTest::addColumn<bool>("shuffled");
    QTest::addColumn<bool>("givesBack");
    QTest::newRow("large") << quint64{30 * MiB + 77} << quint64{256 * MiB} << false << true;
    QTest::newRow("large, in any order") << quint64{30 * MiB + 77} << quint64{256 * MiB} << true << true;
    QTest::newRow("small output") << quint64{30 * MiB + 77} << quint64{256 * MiB - 1} << false << false;
    QTest::newRow("small records") << quint64{MiB - 1} << quint64{256 * MiB} << false << false;
}

void TstWriteBehind::givesBackLargeRecords() {
    QFETCH(const quint64, recordBytes);
    QFETCH(const quint64, fileBytes);
    QFETCH(const bool, shuffled);
    QFETCH(const bool, givesBack);
    constexpr std::uint64_t kStart = 12'345;
    const QTemporaryDir dir;
    PlannedFile file;
    file.path = dir.filePath("out").toStdString();
    file.bytes = fileBytes;
    while (file.records.empty() || file.records.back().destinationOffset < 60 * MiB) {
        PlannedRecord record;
        record.from = record.to = DType::U8;
        record.elements = record.destinationBytes = recordBytes;
        record.destinationOffset = file.records.empty() ? kStart : file.records.back().destinationOffset + recordBytes;
        file.records.push_back(record);
    }
    const std::uint64_t bytes = file.records.back().destinationOffset + recordBytes;
    OutputRequest request;
    request.destination = file.path;
    request.files = {{file.path, bytes}};
    auto out = OutputSet::open(request);
    QVERIFY(out);
    QVERIFY(out->reserve());

    WorkQueue queue({&file, 1}, MiB, [](const auto&) { return false; });
    std::vector<WorkItem> items;
    while (const auto item = queue.next()) items.push_back(*item);
    if (shuffled) std::ranges::shuffle(items, std::mt19937(1));
    const auto byteAt = [](std::uint64_t at) { return static_cast<std::byte>((at * 7 + (at >> 13U)) & 0xFFU); };
    WriteBehind behind({&file, 1}, *out);
    for (const auto& item : items) {
        for (std::uint32_t i = 0; i < item.records; ++i) {
            const auto& record = file.records[item.record + i];
            const std::uint64_t at = record.destinationOffset + item.offset;
            std::vector<std::byte> block(item.records > 1 ? record.destinationBytes : item.bytes);
            for (std::size_t j = 0; j < block.size(); ++j) block[j] = byteAt(at + j);
            QVERIFY(out->writeAt(0, at, block));
        }
        QVERIFY(behind.wrote(item));
    }
    const auto written = InputFile::open(out->partialPath());
    QVERIFY(written);
    const auto resident = residentPages(written->descriptor(), 0, bytes).value() * 4096;
    if (!givesBack) QVERIFY2(resident >= bytes - kStart, qPrintable(QString::number(resident)));
    std::vector<std::byte> content(bytes);
    QVERIFY(out->readAt(0, 0, content));
    for (std::uint64_t at = kStart; at < bytes; ++at)
        if (content[at] != byteAt(at)) QFAIL(qPrintable(QString("byte %1 is wrong").arg(at)));
    if (givesBack && resident >= bytes) QSKIP("this file system keeps its files in memory");
    // What may be under way, and a piece that is not full, per record.
    if (givesBack) QVERIFY2(resident <= 44 * MiB, qPrintable(QString::number(resident)));
}

QTEST_GUILESS_MAIN(TstWriteBehind)
#include "tst_write_behind.moc"
