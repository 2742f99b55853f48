// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "io/direct_file.h"
#include "io/input_file.h"
#include "io/mapped_file.h"
#include "io/resident_pages.h"

using namespace plimsoll;

namespace {

constexpr std::uint64_t kPage = DirectFile::kAlignment;
constexpr std::uint64_t kFileBytes = 40 * kPage + 123;

// Differs at every offset that a mistake by a page, a block or a byte would confuse.
std::byte contentAt(std::uint64_t offset) {
    return static_cast<std::byte>((offset * 131 + (offset >> 8U) * 17 + (offset >> 12U) * 89) & 0xFFU);
}

}  // namespace

class TstDirectFile : public QObject {
    Q_OBJECT
private slots:
    void initTestCase();
    void readsWhatTheFileHas_data();
    void readsWhatTheFileHas();
    void leavesTheCacheAsItWas();
    void saysWhereTheFileEnds();
    void tellsWhatIsResident_data();
    void tellsWhatIsResident();
    void largeBuffersLieInHugePages();

private:
    void forgetCached() const;

    QTemporaryDir dir_;
    QString path_;
};

void TstDirectFile::initTestCase() {
    path_ = dir_.filePath("content");
    QByteArray content(static_cast<qsizetype>(kFileBytes), '\0');
    for (std::uint64_t at = 0; at < kFileBytes; ++at)
        content[static_cast<qsizetype>(at)] = static_cast<char>(contentAt(at));
    QFile file(path_);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content), content.size());
    QVERIFY(file.flush());
    QCOMPARE(::fsync(file.handle()), 0);
}

void TstDirectFile::forgetCached() const {
    const int fd = ::open(path_.toLocal8Bit().constData(), O_RDONLY | O_CLOEXEC);
    QCOMPARE(::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    ::close(fd);
}

void TstDirectFile::readsWhatTheFileHas_data() {
    QTest::addColumn<quint64>("offset");
    QTest::addColumn<quint64>("bytes");
    QTest::addColumn<quint64>("misalignment");  // of the address against the offset
    QTest::newRow("nothing") << quint64{7} << quint64{0} << quint64{0};
    QTest::newRow("one page") << quint64{kPage} << quint64{kPage} << quint64{0};
    QTest::newRow("inside a page") << quint64{kPage + 10} << quint64{100} << quint64{0};
    QTest::newRow("both ends cut") << quint64{100} << quint64{9 * kPage} << quint64{0};
    QTest::newRow("ends at a page") << quint64{3 * kPage - 64} << quint64{2 * kPage + 64} << quint64{0};
    QTest::newRow("to the file's end") << quint64{5} << quint64{kFileBytes - 5} << quint64{0};
    QTest::newRow("the tail") << quint64{kFileBytes - 3} << quint64{3} << quint64{0};
    QTest::newRow("other alignment") << quint64{8} << quint64{20 * kPage} << quint64{1};
    QTest::newRow("other alignment, to the end") << quint64{64} << quint64{kFileBytes - 64} << quint64{32};
}

void TstDirectFile::readsWhatTheFileHas() {
    QFETCH(const quint64, offset);
    QFETCH(const quint64, bytes);
    QFETCH(const quint64, misalignment);
    const auto file = InputFile::open(path_.toStdString());
    QVERIFY(file);
    const PageBuffer staging(2 * kPage);
    const PageBuffer memory(static_cast<std::size_t>(bytes + 3 * kPage));
    const std::size_t lead = static_cast<std::size_t>(offset % kPage + misalignment);
    for (const auto& [cached, into] : {std::pair(false, false), {false, true}, {true, false}, {true, true}}) {
        if (!cached) forgetCached();
        DirectFile direct(*file);
        std::fill(memory.bytes().begin(), memory.bytes().end(), std::byte{0xEE});
        const auto out = memory.bytes().subspan(lead, static_cast<std::size_t>(bytes));
        const auto read =
            into ? direct.readInto(offset, out, staging.bytes()) : direct.readAt(offset, out, staging.bytes());
        QVERIFY2(read, read ? "" : read.error().what.c_str());
        for (std::size_t at = 0; at < out.size(); ++at)
            if (out[at] != contentAt(offset + at)) QFAIL(qPrintable(QString("byte %1 is wrong").arg(at)));
        QVERIFY2(memory.bytes()[lead + out.size()] == std::byte{0xEE}, "nothing is written beyond the end");
        QVERIFY2(lead == 0 || memory.bytes()[lead - 1] == std::byte{0xEE}, "nothing is written before the start");
    }
}

void TstDirectFile::leavesTheCacheAsItWas() {
    const auto mapping = MappedFile::open(path_.toStdString());
    QVERIFY(mapping);
    const auto cachedPages = [&] { return residentPages((*mapping)->file().descriptor(), 0, kFileBytes).value_or(0); };
    forgetCached();
    if (cachedPages() != 0) QSKIP("this file system keeps its files in memory");
    DirectFile direct((*mapping)->file());
    const PageBuffer staging(2 * kPage);
    const PageBuffer memory(17 * kPage);
    const auto read = [&](std::size_t lead) {
        return direct.readInto(8 * kPage + 100, memory.bytes().subspan(lead, 15 * kPage), staging.bytes());
    };
    QVERIFY(read(100));
    QCOMPARE(cachedPages(), quint64{0});
    QVERIFY(read(7));
    QCOMPARE(cachedPages(), quint64{0});

    QFile file(path_);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto content = file.readAll();
    const auto before = cachedPages();
    QVERIFY(before > 0);
    QVERIFY(read(100));
    QCOMPARE(cachedPages(), before);
}

void TstDirectFile::saysWhereTheFileEnds() {
    const auto file = InputFile::open(path_.toStdString());
    QVERIFY(file);
    DirectFile direct(*file);
    const PageBuffer staging(2 * kPage);
    const PageBuffer memory(4 * kPage);
    for (const std::uint64_t offset : {kFileBytes - 10, kFileBytes, kFileBytes + 5 * kPage}) {
        forgetCached();
        const auto read = direct.readAt(offset, memory.bytes(), staging.bytes());
        QVERIFY(!read);
        QCOMPARE(read.error().code, Errc::Truncated);
    }
}

void TstDirectFile::tellsWhatIsResident_data() {
    QTest::addColumn<quint64>("offset");
    QTest::addColumn<quint64>("bytes");
    QTest::addColumn<quint64>("pages");
    QTest::newRow("nothing") << quint64{kPage} << quint64{0} << quint64{0};
    QTest::newRow("a byte") << quint64{kPage - 1} << quint64{1} << quint64{1};
    QTest::newRow("over an edge") << quint64{kPage - 1} << quint64{2} << quint64{2};
    QTest::newRow("pages") << quint64{2 * kPage} << quint64{3 * kPage} << quint64{3};
    QTest::newRow("all") << quint64{0} << quint64{kFileBytes} << quint64{41};
}

void TstDirectFile::tellsWhatIsResident() {
    QFETCH(const quint64, offset);
    QFETCH(const quint64, bytes);
    QFETCH(const quint64, pages);
    QCOMPARE(quint64{pagesOf(offset, bytes)}, pages);
    const auto file = InputFile::open(path_.toStdString());
    QVERIFY(file);
    std::vector<std::byte> content(kFileBytes);
    QVERIFY(file->readAt(0, content));
    for (const bool cached : {true, false}) {
        if (!cached) forgetCached();
        const auto all = residentByMincore(file->descriptor(), 0, kFileBytes);
        if (!cached && all != 0) QSKIP("this file system keeps its files in memory");
        QCOMPARE(quint64{residentByMincore(file->descriptor(), offset, bytes).value()}, cached ? pages : 0);
        QCOMPARE(quint64{residentPages(file->descriptor(), offset, bytes).value()}, cached ? pages : 0);
    }
}

void TstDirectFile::largeBuffersLieInHugePages() {
    constexpr std::size_t kHuge = std::size_t{2} << 20U;
    for (const std::size_t bytes : {kHuge, 2 * kHuge + kPage, std::size_t{1}, kPage + 1}) {
        const PageBuffer buffer(bytes);
        QCOMPARE(buffer.bytes().size(), bytes);
        const auto address = reinterpret_cast<std::uintptr_t>(buffer.bytes().data());
        QCOMPARE(quint64{address % (bytes >= kHuge ? kHuge : kPage)}, quint64{0});
        std::fill(buffer.bytes().begin(), buffer.bytes().end(), std::byte{1});
    }
}

QTEST_GUILESS_MAIN(TstDirectFile)
#include "tst_direct_file.moc"
