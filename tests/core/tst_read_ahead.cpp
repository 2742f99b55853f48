// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "io/input_file.h"
#include "io/read_ahead.h"
#include "io/resident_pages.h"
#include "scratch.h"

using namespace plimsoll;
using limits::KiB;
using limits::MiB;

namespace {

constexpr std::uint64_t kWindow = 64 * KiB;

char contentAt(std::uint64_t offset) {
    return static_cast<char>((offset * 131 + (offset >> 8U) * 17 + (offset >> 16U) * 89) & 0xFFU);
}

QByteArray contentOf(std::uint64_t bytes) {
    QByteArray content(static_cast<qsizetype>(bytes), '\0');
    for (std::uint64_t at = 0; at < bytes; ++at) content[static_cast<qsizetype>(at)] = contentAt(at);
    return content;
}

// False where the pages stay, as on a file system in memory.
bool forgetCached(const InputFile& file) {
    ::fsync(file.descriptor());
    ::posix_fadvise(file.descriptor(), 0, 0, POSIX_FADV_DONTNEED);
    return residentPages(file.descriptor(), 0, file.size()) == 0;
}

bool isRight(std::uint64_t offset, std::span<const std::byte> bytes) {
    for (std::size_t at = 0; at < bytes.size(); ++at)
        if (static_cast<char>(bytes[at]) != contentAt(offset + at)) return false;
    return true;
}

struct Run {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

}  // namespace

class TstReadAhead : public QObject {
    Q_OBJECT
private slots:
    void shapes_data();
    void shapes();
    void givesWhatTheFileHas_data();
    void givesWhatTheFileHas();
    void nothingExpectedNothingTaken();
    void takenBackwards();
    void partsOfMoreWindowsThanBuffers();
    void littleOfEachWindow();
    void manyTakers();
    void cutShort();
    void inMemory();

private:
    QTemporaryDir dir_;
};

void TstReadAhead::shapes_data() {
    QTest::addColumn<quint64>("memory");
    QTest::addColumn<uint>("runs");
    QTest::addColumn<quint64>("window");
    QTest::addColumn<uint>("windows");
    QTest::newRow("none") << quint64{0} << 1U << quint64{0} << 0U;
    QTest::newRow("too little") << quint64{255 * KiB} << 1U << quint64{0} << 0U;
    QTest::newRow("the least") << quint64{256 * KiB} << 1U << quint64{64 * KiB} << 4U;
    QTest::newRow("the usual") << quint64{16 * MiB} << 1U << quint64{4 * MiB} << 4U;
    QTest::newRow("side by side") << quint64{16 * MiB} << 8U << quint64{MiB} << 16U;
    QTest::newRow("many") << quint64{16 * MiB} << 1000U << quint64{0} << 0U;
}

void TstReadAhead::shapes() {
    QFETCH(const quint64, memory);
    QFETCH(const uint, runs);
    const auto shape = ReadAhead::Shape::of(memory, runs);
    QTEST(quint64{shape.windowBytes}, "window");
    QTEST(static_cast<uint>(shape.windows), "windows");
    QVERIFY(shape.windows * shape.windowBytes <= memory);
    QVERIFY(shape.aheadBytes(runs) * runs <= memory);
    QCOMPARE(shape.aheadBytes(runs) == 0, shape.windows == 0);
}

void TstReadAhead::givesWhatTheFileHas_data() {
    QTest::addColumn<quint64>("size");
    QTest::addColumn<QList<quint64>>("cuts");  // where one run ends and the next starts
    for (const quint64 size :
         {quint64{1}, quint64{4095}, quint64{kWindow}, quint64{kWindow + 1}, quint64{9 * kWindow - 3}}) {
        QTest::addRow("%llu at once", size) << size << QList<quint64>{};
        QTest::addRow("%llu odd", size) << size << QList<quint64>{1, 63, 4097, 65'535, 65'537, 200'001, 524'287};
        QTest::addRow("%llu empty runs", size) << size << QList<quint64>{0, 0, 4096, 4096, kWindow, kWindow};
    }
}

void TstReadAhead::givesWhatTheFileHas() {
    QFETCH(const quint64, size);
    QFETCH(QList<quint64>, cuts);
    const auto path = writeScratch(dir_, "content", contentOf(size));
    const auto file = InputFile::open(path);
    QVERIFY(file);
    cuts.append(size);
    for (const bool cold : {true, false}) {
        if (cold && !forgetCached(*file)) QSKIP("this file system keeps its files in memory");
        std::vector<std::byte> whole(size);
        if (!cold) QVERIFY(file->readAt(0, whole));
        ReadAhead ahead({kWindow, 16});
        std::vector<Run> runs;
        quint64 start = 0;
        for (const quint64 cut : std::as_const(cuts)) {
            if (cut < start || cut > size) continue;
            runs.push_back({start, cut - start});
            start = cut;
        }
        for (const auto& run : runs) ahead.expect(*file, run.offset, run.bytes);
        for (const auto& run : runs) {
            std::vector<std::byte> out(run.bytes);
            const bool taken = ahead.take(*file, run.offset, out);
            QCOMPARE(taken, cold || out.empty());
            QVERIFY(!taken || isRight(run.offset, out));
        }
        QCOMPARE(quint64{ahead.windowsRead()}, cold ? (size + kWindow - 1) / kWindow : quint64{0});
        if (cold) QCOMPARE(residentPages(file->descriptor(), 0, size).value(), std::uint64_t{0});
        std::vector<std::byte> again(std::min<std::size_t>(size, 100));
        QVERIFY2(!ahead.take(*file, 0, again), "what was taken is given up");
    }
}

void TstReadAhead::nothingExpectedNothingTaken() {
    const auto file = InputFile::open(writeScratch(dir_, "unasked", contentOf(3 * kWindow)));
    QVERIFY(file);
    if (!forgetCached(*file)) QSKIP("this file system keeps its files in memory");
    ReadAhead ahead({kWindow, 4});
    std::vector<std::byte> out(100);
    QVERIFY(!ahead.take(*file, 0, out));
    ahead.expect(*file, 10, 50);
    QVERIFY(!ahead.take(*file, 2 * kWindow, out));
    ReadAhead none({});
    none.expect(*file, 0, 100);
    QVERIFY(!none.take(*file, 0, out));
}

// More than there are buffers, in an order that nobody announced: what cannot be kept is refused, and nobody waits for
// ever.
void TstReadAhead::takenBackwards() {
    constexpr std::uint64_t kWindows = 12;
    const auto file = InputFile::open(writeScratch(dir_, "backwards", contentOf(kWindows * kWindow)));
    QVERIFY(file);
    if (!forgetCached(*file)) QSKIP("this file system keeps its files in memory");
    ReadAhead ahead({kWindow, 3});
    ahead.expect(*file, 0, kWindows * kWindow);
    std::uint64_t taken = 0;
    for (std::uint64_t i = kWindows; i-- > 0;) {
        std::vector<std::byte> out(kWindow);
        if (!ahead.take(*file, i * kWindow, out)) continue;
        ++taken;
        QVERIFY(isRight(i * kWindow, out));
    }
    QVERIFY(taken > 0);
}

// Windows whose other parts come later hold all buffers; whoever needs another window gets one of them.
void TstReadAhead::partsOfMoreWindowsThanBuffers() {
    constexpr std::uint64_t kWindows = 12;
    const auto file = InputFile::open(writeScratch(dir_, "parts", contentOf(kWindows * kWindow)));
    QVERIFY(file);
    if (!forgetCached(*file)) QSKIP("this file system keeps its files in memory");
    ReadAhead ahead({kWindow, 3});
    ahead.expect(*file, 0, kWindows * kWindow);
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> takers;
        for (const std::uint64_t first : {0U, 1U}) {
            takers.emplace_back([&, first] {
                for (std::uint64_t part = 0; part < 4; ++part) {
                    for (std::uint64_t i = first; i < kWindows; i += 2) {
                        const std::uint64_t offset = i * kWindow + part * (kWindow / 4);
                        std::vector<std::byte> out(kWindow / 4);
                        const bool taken = ahead.take(*file, offset, out);
                        if (taken || file->readAt(offset, out)) right += isRight(offset, out) ? 1 : 0;
                    }
                }
            });
        }
    }
    QCOMPARE(right.load(), static_cast<int>(4 * kWindows));
}

// A disk is not asked for whole windows for ever when little of each is of use.
void TstReadAhead::littleOfEachWindow() {
    constexpr std::uint64_t kWindows = 60;
    const auto file = InputFile::open(writeScratch(dir_, "little", contentOf(kWindows * kWindow)));
    QVERIFY(file);
    if (!forgetCached(*file)) QSKIP("this file system keeps its files in memory");
    ReadAhead ahead({kWindow, 4});
    for (std::uint64_t i = 0; i < kWindows; ++i) {
        ahead.expect(*file, i * kWindow + 100, 1000);
        std::vector<std::byte> out(1000);
        const bool taken = ahead.take(*file, i * kWindow + 100, out);
        QVERIFY(taken || i >= 16);
        QVERIFY(!taken || isRight(i * kWindow + 100, out));
    }
    QCOMPARE(quint64{ahead.windowsRead()}, quint64{17});
}

void TstReadAhead::manyTakers() {
    constexpr std::uint64_t kPart = 10'007;
    constexpr std::uint64_t kParts = 300;
    const auto file = InputFile::open(writeScratch(dir_, "many", contentOf(kParts * kPart)));
    QVERIFY(file);
    if (!forgetCached(*file)) QSKIP("this file system keeps its files in memory");
    ReadAhead ahead({kWindow, 4});
    ahead.expect(*file, 0, kParts * kPart);
    std::atomic<std::uint64_t> next = 0;
    std::atomic<std::uint64_t> right = 0;
    {
        std::vector<std::jthread> takers;
        for (int i = 0; i < 4; ++i) {
            takers.emplace_back([&] {
                for (auto part = next++; part < kParts; part = next++) {
                    std::vector<std::byte> out(kPart);
                    const bool taken = ahead.take(*file, part * kPart, out);
                    if (taken || file->readAt(part * kPart, out)) right += isRight(part * kPart, out) ? 1 : 0;
                }
            });
        }
    }
    QCOMPARE(right.load(), kParts);
    QVERIFY(ahead.windowsRead() > 0);
}

// The read fails; who asks for the bytes himself hears why.
void TstReadAhead::cutShort() {
    const auto path = writeScratch(dir_, "cut", contentOf(4 * kWindow));
    const auto file = InputFile::open(path);
    QVERIFY(file);
    if (!forgetCached(*file)) QSKIP("this file system keeps its files in memory");
    std::filesystem::resize_file(path, kWindow + 100);
    ReadAhead ahead({kWindow, 4});
    ahead.expect(*file, 0, 4 * kWindow);
    std::vector<std::byte> out(kWindow);
    QVERIFY(ahead.take(*file, 0, out));
    QVERIFY(isRight(0, out));
    for (const std::uint64_t index : {1U, 2U, 3U}) {
        QVERIFY(!ahead.take(*file, index * kWindow, out));
        const auto read = file->readAt(index * kWindow, out);
        QVERIFY(!read);
        QCOMPARE(read.error().code, Errc::Truncated);
        QCOMPARE(quint64{read.error().offset}, index == 1 ? kWindow + 100 : index * kWindow);
    }
}

void TstReadAhead::inMemory() {
    const QTemporaryDir dir("/dev/shm/plimsoll-XXXXXX");
    if (!dir.isValid()) QSKIP("there is no file system in memory");
    const auto file = InputFile::open(writeScratch(dir, "content", contentOf(2 * kWindow)));
    QVERIFY(file);
    ReadAhead ahead({kWindow, 4});
    ahead.expect(*file, 5, kWindow);
    std::vector<std::byte> out(kWindow);
    const bool taken = ahead.take(*file, 5, out);
    QVERIFY(taken || file->readAt(5, out));
    QVERIFY(isRight(5, out));
}

QTEST_GUILESS_MAIN(TstReadAhead)
#include "tst_read_ahead.moc"
