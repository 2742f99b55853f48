// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <atomic>
#include <csignal>
#include <random>
#include <thread>
#include <vector>

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "base/limits.h"
#include "io/mapped_file.h"
#include "scratch.h"

using plimsoll::Backing;
using plimsoll::Errc;
using plimsoll::MappedFile;

namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kUnit = 64 * 1024;

const QString kChildMode = QStringLiteral("--child");

plimsoll::Result<std::shared_ptr<const MappedFile>> openPaged(const std::string& path) {
    return MappedFile::open(path, {.backing = Backing::Paged, .http = {}, .stop = {}});
}

// What the child of otherFaultsGoWhereTheyWent does; it ends by the signal or the handler, or with 0.
int runChild(const QByteArray& before, const QByteArray& event, const char* path) {
    const rlimit noCore{};
    ::setrlimit(RLIMIT_CORE, &noCore);
    std::signal(SIGSEGV, SIG_DFL);  // a sanitizer has its own
    if (before == "handler") std::signal(SIGSEGV, [](int) { ::_exit(42); });
    if (before == "ignore") std::signal(SIGSEGV, SIG_IGN);
    const auto file = openPaged(path);
    if (!file) return 92;
    void* const foreign = ::mmap(nullptr, kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    auto* const own = const_cast<std::byte*>((*file)->bytes().data());
    if (event == "own page") return own[0] == std::byte{'x'} ? 0 : 93;
    if (event == "foreign page") static_cast<void>(*static_cast<const volatile char*>(foreign));
    if (event == "write") *const_cast<volatile std::byte*>(own) = std::byte{1};
    if (event == "sent") ::raise(SIGSEGV);
    return 0;
}

QByteArray numbered(std::uint64_t bytes) {
    QByteArray content(static_cast<qsizetype>(bytes), '\0');
    std::mt19937 random(1);
    for (qsizetype i = 0; i + 4 <= content.size(); i += 4) {
        const auto value = random();
        std::copy_n(reinterpret_cast<const char*>(&value), 4, content.data() + i);
    }
    return content;
}

bool sameBytes(std::span<const std::byte> view, const QByteArray& content, std::uint64_t offset, std::uint64_t count) {
    return std::equal(view.begin() + static_cast<std::ptrdiff_t>(offset),
                      view.begin() + static_cast<std::ptrdiff_t>(offset + count),
                      reinterpret_cast<const std::byte*>(content.data()) + offset);
}

}  // namespace

class TstPagedFile : public QObject {
    Q_OBJECT

private slots:
    void readsWhatIsThere_data();
    void readsWhatIsThere();
    void anyOrderGivesTheSame_data();
    void anyOrderGivesTheSame();
    void manyThreadsTouchTheSamePages();
    void manyFilesAtOnce();
    void cutFileBecomesAnError_data();
    void cutFileBecomesAnError();
    void keepsOnlyWhatWasTouched();
    void memoryHasAnEnd();
    void mappingIsTheDefaultHere();
    void otherFaultsGoWhereTheyWent_data();
    void otherFaultsGoWhereTheyWent();

private:
    QTemporaryDir dir_;
};

void TstPagedFile::readsWhatIsThere_data() {
    QTest::addColumn<quint64>("bytes");
    for (const quint64 bytes :
         std::initializer_list<quint64>{0, 1, kPage - 1, kPage, kPage + 1, kUnit, kUnit + 1, 10 * kUnit - 1})
        QTest::addRow("%llu", static_cast<unsigned long long>(bytes)) << bytes;
}

void TstPagedFile::readsWhatIsThere() {
    QFETCH(const quint64, bytes);
    const QByteArray content = numbered(bytes);
    const auto file = openPaged(writeScratch(dir_, "file", content));
    QVERIFY(file);
    QCOMPARE((*file)->isPaged(), bytes > 0);
    QCOMPARE((*file)->bytes().size(), static_cast<std::size_t>(bytes));
    QVERIFY(sameBytes((*file)->bytes(), content, 0, bytes));
    QVERIFY((*file)->fault());
}

void TstPagedFile::anyOrderGivesTheSame_data() {
    QTest::addColumn<QString>("order");
    for (const char* order : {"forward", "backward", "random", "both ends"}) QTest::newRow(order) << order;
}

void TstPagedFile::anyOrderGivesTheSame() {
    QFETCH(const QString, order);
    constexpr std::uint64_t kPages = 20 * kUnit / kPage + 3;
    const QByteArray content = numbered(kPages * kPage - 5);
    const auto file = openPaged(writeScratch(dir_, "file", content));
    QVERIFY(file);
    std::vector<std::uint64_t> pages;
    for (std::uint64_t i = 0; i < kPages; ++i) pages.push_back(i);
    if (order == "backward") std::ranges::reverse(pages);
    if (order == "random") std::ranges::shuffle(pages, std::mt19937(7));
    if (order == "both ends")
        for (std::uint64_t i = 0; i < kPages; ++i) pages[i] = i % 2 == 0 ? i / 2 : kPages - 1 - i / 2;
    for (const auto page : pages)
        QVERIFY(sameBytes((*file)->bytes(), content, page * kPage, page + 1 == kPages ? kPage - 5 : kPage));
    QVERIFY((*file)->fault());
}

void TstPagedFile::manyThreadsTouchTheSamePages() {
    const QByteArray content = numbered(64 * kUnit);
    for (int round = 0; round < 5; ++round) {
        const auto file = openPaged(writeScratch(dir_, "file", content));
        QVERIFY(file);
        std::atomic<int> same{0};
        {
            std::vector<std::jthread> readers;
            for (unsigned t = 0; t < 8; ++t) {
                readers.emplace_back([&, t] {
                    std::vector<std::uint64_t> units(64);
                    for (std::uint64_t i = 0; i < 64; ++i) units[i] = i;
                    std::ranges::shuffle(units, std::mt19937(t));
                    bool all = true;
                    for (const auto unit : units)
                        all = sameBytes((*file)->bytes(), content, unit * kUnit, kUnit) && all;
                    same += all ? 1 : 0;
                });
            }
        }
        QCOMPARE(same.load(), 8);
        QVERIFY((*file)->fault());
    }
}

void TstPagedFile::manyFilesAtOnce() {
    std::vector<std::shared_ptr<const MappedFile>> files;
    for (int i = 0; i < 300; ++i) {
        auto file = openPaged(writeScratch(dir_, "file", QByteArray(3 * kUnit, static_cast<char>(i))));
        QVERIFY(file);
        files.push_back(*file);
    }
    // One name for all: the last content is what they read.
    for (const auto& file : files) QCOMPARE(static_cast<char>(file->bytes().back()), static_cast<char>(299));
}

void TstPagedFile::cutFileBecomesAnError_data() {
    QTest::addColumn<quint64>("sizeThen");
    QTest::newRow("to nothing") << quint64{0};
    QTest::newRow("at a unit") << 2 * quint64{kUnit};
    QTest::newRow("inside a unit") << 2 * quint64{kUnit} + 10;
    QTest::newRow("inside the last unit") << 9 * quint64{kUnit} + 10;
}

void TstPagedFile::cutFileBecomesAnError() {
    QFETCH(const quint64, sizeThen);
    const auto path = writeScratch(dir_, "cut", QByteArray(10 * kUnit - 100, 'x'));
    const auto file = openPaged(path);
    QVERIFY(file);
    QCOMPARE(::truncate(path.c_str(), static_cast<off_t>(sizeThen)), 0);
    const auto view = (*file)->bytes();
    const auto read = static_cast<quint64>(std::ranges::count(view, std::byte{'x'}));
    QVERIFY(read <= sizeThen);
    QVERIFY(sizeThen - read < kUnit);  // a unit that is not whole is none
    const auto fault = (*file)->fault();
    QVERIFY(!fault);
    QCOMPARE(fault.error().code, Errc::Truncated);
    QCOMPARE(fault.error().offset, sizeThen);
    QCOMPARE(fault.error().path, path);
}

void TstPagedFile::keepsOnlyWhatWasTouched() {
    // A terabyte, of which three pages are touched.
    const auto path = writeScratch(dir_, "sparse", {});
    QCOMPARE(::truncate(path.c_str(), off_t{1} << 40), 0);
    const auto file = openPaged(path);
    QVERIFY(file);
    for (const std::size_t offset : {std::size_t{0}, std::size_t{1} << 39, (std::size_t{1} << 40) - 1})
        QCOMPARE((*file)->bytes()[offset], std::byte{0});
    QVERIFY((*file)->fault());
}

void TstPagedFile::memoryHasAnEnd() {
    const auto path = writeScratch(dir_, "sparse", {});
    QCOMPARE(::truncate(path.c_str(), static_cast<off_t>(plimsoll::limits::kPagedBytes + kUnit)), 0);
    const auto file = openPaged(path);
    QVERIFY(file);
    const auto view = (*file)->bytes();
    for (std::size_t offset = 0; offset < view.size(); offset += kUnit) QCOMPARE(view[offset], std::byte{0});
    const auto fault = (*file)->fault();
    QVERIFY(!fault);
    QCOMPARE(fault.error().code, Errc::OverLimit);
    QVERIFY(fault.error().what.find("512 MiB") != std::string::npos);
}

void TstPagedFile::mappingIsTheDefaultHere() {
    const auto path = writeScratch(dir_, "file", "x");
    const auto file = MappedFile::open(path);
    QVERIFY(file);
    if (!(*file)->note().empty()) QSKIP("temporary files lie on a network file system here");
    QVERIFY(!(*file)->isPaged());
}

void TstPagedFile::otherFaultsGoWhereTheyWent_data() {
    QTest::addColumn<QString>("before");  // disposition of SIGSEGV when the guard is installed
    QTest::addColumn<QString>("event");
    QTest::addColumn<int>("exitCode");  // -1: dies of SIGSEGV
    const auto row = [](const char* before, const char* event, int exitCode) {
        QTest::addRow("%s, %s", before, event) << QString(before) << QString(event) << exitCode;
    };
    row("default", "own page", 0);
    row("default", "foreign page", -1);
    row("default", "sent", -1);
    row("handler", "own page", 0);
    row("handler", "foreign page", 42);
    row("handler", "sent", 42);
    row("ignore", "foreign page", -1);
    row("ignore", "sent", 0);
#if defined(__x86_64__)
    row("default", "write", -1);
    row("handler", "write", 42);
#endif
}

void TstPagedFile::otherFaultsGoWhereTheyWent() {
    QFETCH(const QString, before);
    QFETCH(const QString, event);
    QFETCH(const int, exitCode);
    // A program of its own: this one has the guard installed already.
    QProcess child;
    child.start(QCoreApplication::applicationFilePath(),
                {kChildMode, before, event, QString::fromStdString(writeScratch(dir_, "own", "x"))});
    QVERIFY(child.waitForFinished());
    if (exitCode < 0) {
        QCOMPARE(child.exitStatus(), QProcess::CrashExit);
        QCOMPARE(child.exitCode(), SIGSEGV);
    } else {
        QCOMPARE(child.exitStatus(), QProcess::NormalExit);
        QCOMPARE(child.exitCode(), exitCode);
    }
}

int main(int argc, char** argv) {
    if (argc == 5 && QString(argv[1]) == kChildMode) return runChild(argv[2], argv[3], argv[4]);
    QCoreApplication app(argc, argv);
    TstPagedFile test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_paged_file.moc"
