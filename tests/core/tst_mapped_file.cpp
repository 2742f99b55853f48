// SPDX-License-Identifier: GPL-3.0-or-later
#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "io/mapped_file.h"
#include "io/sigbus_guard.h"
#include "scratch.h"

using plimsoll::Errc;
using plimsoll::MappedFile;

Q_DECLARE_METATYPE(Errc)

namespace {

constexpr std::uint64_t kPage = 4096;

const QString kChildMode = QStringLiteral("--child");

// A byte of a mapping that nobody guards, of a file that has lost its bytes.
const volatile char* foreignLostByte(const char* path) {
    const int fd = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ::ftruncate(fd, kPage) != 0) ::_exit(90);
    void* const mapping = ::mmap(nullptr, kPage, PROT_READ, MAP_SHARED, fd, 0);
    if (mapping == MAP_FAILED || ::ftruncate(fd, 0) != 0) ::_exit(91);
    ::close(fd);
    return static_cast<const volatile char*>(mapping);
}

// What the child of otherSignalsGoWhereTheyWent does; it ends by the signal or one of the handlers, or with 0.
int runChild(const QByteArray& before, const QByteArray& event, const char* guarded, const char* foreign) {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    if (before == "ignore") action.sa_handler = SIG_IGN;
    if (before == "handler") action.sa_handler = [](int) { ::_exit(42); };
    if (before == "siginfo handler") {
        action.sa_flags = SA_SIGINFO;
        action.sa_sigaction = [](int, siginfo_t*, void*) { ::_exit(43); };
    }
    ::sigaction(SIGBUS, &action, nullptr);
    const rlimit noCore{};
    ::setrlimit(RLIMIT_CORE, &noCore);
    const auto mapped = MappedFile::open(guarded);
    if (!mapped) return 92;
    if (event == "sent") ::raise(SIGBUS);
    if (event == "foreign fault") static_cast<void>(*foreignLostByte(foreign));
    return 0;
}

std::size_t countNonZero(std::span<const std::byte> bytes) {
    std::size_t count = 0;
    for (const std::byte b : bytes) count += b != std::byte{0} ? 1 : 0;
    return count;
}

}  // namespace

class TstMappedFile : public QObject {
    Q_OBJECT

private slots:
    void mapsWhatIsThere_data();
    void mapsWhatIsThere();
    void refusesAFolder();
    void cutFileBecomesAnError_data();
    void cutFileBecomesAnError();
    void soundNeighbourStaysSound();
    void manyThreadsMeetTheCut();
    void oneCutCostsOneMapping();
    void slotForgetsTheLastFile();
    void tableHasAnEnd();
    void otherSignalsGoWhereTheyWent_data();
    void otherSignalsGoWhereTheyWent();

private:
    QTemporaryDir dir_;
};

void TstMappedFile::mapsWhatIsThere_data() {
    QTest::addColumn<int>("bytes");
    for (const int bytes : {0, 1, 4095, 4096, 4097, 1'000'000}) QTest::addRow("%d", bytes) << bytes;
}

void TstMappedFile::mapsWhatIsThere() {
    QFETCH(const int, bytes);
    QByteArray content(bytes, '\0');
    for (int i = 0; i < bytes; ++i) content[i] = static_cast<char>(i * 7);
    const auto path = writeScratch(dir_, "file", content);
    const auto mapped = MappedFile::open(path);
    QVERIFY(mapped);
    QCOMPARE((*mapped)->size(), static_cast<quint64>(bytes));
    QCOMPARE((*mapped)->path(), path);
    const auto view = (*mapped)->bytes();
    QCOMPARE(QByteArray(reinterpret_cast<const char*>(view.data()), static_cast<qsizetype>(view.size())), content);
    QVERIFY((*mapped)->fault());
}

void TstMappedFile::refusesAFolder() {
    const auto mapped = MappedFile::open(dir_.path().toStdString());
    QVERIFY(!mapped);
    QCOMPARE(mapped.error().code, Errc::Unsupported);
}

void TstMappedFile::cutFileBecomesAnError_data() {
    QTest::addColumn<quint64>("sizeThen");
    QTest::addColumn<quint64>("firstLost");
    QTest::newRow("to nothing") << quint64{0} << quint64{0};
    QTest::newRow("at a page") << 2 * quint64{kPage} << 2 * quint64{kPage};
    QTest::newRow("inside a page") << 2 * quint64{kPage} + 10 << 3 * quint64{kPage};
    QTest::newRow("inside the last page") << 9 * quint64{kPage} + 10 << 9 * quint64{kPage} + 10;
}

void TstMappedFile::cutFileBecomesAnError() {
    QFETCH(const quint64, sizeThen);
    QFETCH(const quint64, firstLost);
    const auto path = writeScratch(dir_, "cut", QByteArray(10 * kPage - 100, 'x'));
    const auto mapped = MappedFile::open(path);
    QVERIFY(mapped);
    QCOMPARE(::truncate(path.c_str(), static_cast<off_t>(sizeThen)), 0);
    QCOMPARE(countNonZero((*mapped)->bytes()), static_cast<std::size_t>(sizeThen));
    const auto fault = (*mapped)->fault();
    QVERIFY(!fault);
    QCOMPARE(fault.error().code, Errc::Io);
    QCOMPARE(fault.error().offset, firstLost);
    QCOMPARE(fault.error().path, path);
}

void TstMappedFile::soundNeighbourStaysSound() {
    const auto cutPath = writeScratch(dir_, "cut", QByteArray(10 * kPage, 'x'));
    const auto cut = MappedFile::open(cutPath);
    const auto sound = MappedFile::open(writeScratch(dir_, "sound", QByteArray(10 * kPage, 'y')));
    QVERIFY(cut && sound);
    QCOMPARE(::truncate(cutPath.c_str(), 0), 0);
    QCOMPARE(countNonZero((*cut)->bytes()), std::size_t{0});
    QCOMPARE(countNonZero((*sound)->bytes()), std::size_t{10 * kPage});
    QVERIFY(!(*cut)->fault());
    QVERIFY((*sound)->fault());
}

void TstMappedFile::manyThreadsMeetTheCut() {
    constexpr std::uint64_t kPages = 512;
    const auto path = writeScratch(dir_, "cut", QByteArray(kPages * kPage, 'x'));
    const auto mapped = MappedFile::open(path);
    QVERIFY(mapped);
    QCOMPARE(::truncate(path.c_str(), 100 * kPage), 0);
    std::atomic<std::size_t> nonZero{0};
    {
        std::vector<std::jthread> readers;
        for (std::uint64_t t = 0; t < 8; ++t) {
            readers.emplace_back([&, t] {
                for (std::uint64_t page = t; page < kPages; page += 8)
                    nonZero += countNonZero((*mapped)->bytes().subspan(page * kPage, 1));
            });
        }
    }
    QCOMPARE(nonZero.load(), std::size_t{100});
    QCOMPARE((*mapped)->fault().error().offset, 100 * quint64{kPage});
}

void TstMappedFile::oneCutCostsOneMapping() {
    // Every other page, because the kernel joins neighbours that were patched one by one.
    constexpr std::uint64_t kPages = 140'000;  // half of them is more than the kernel's 65,530 mappings
    const auto path = writeScratch(dir_, "sparse", {});
    QCOMPARE(::truncate(path.c_str(), kPages * kPage), 0);
    const auto mapped = MappedFile::open(path);
    QVERIFY(mapped);
    QCOMPARE(::truncate(path.c_str(), kPage), 0);
    for (std::uint64_t page = 1; page < kPages; page += 2)
        QCOMPARE(countNonZero((*mapped)->bytes().subspan(page * kPage, 1)), std::size_t{0});
    QCOMPARE((*mapped)->fault().error().offset, quint64{kPage});
}

void TstMappedFile::slotForgetsTheLastFile() {
    const auto path = writeScratch(dir_, "cut", QByteArray(2 * kPage, 'x'));
    {
        const auto mapped = MappedFile::open(path);
        QVERIFY(mapped);
        QCOMPARE(::truncate(path.c_str(), 0), 0);
        QCOMPARE(countNonZero((*mapped)->bytes()), std::size_t{0});
        QVERIFY(!(*mapped)->fault());
    }
    const auto next = MappedFile::open(writeScratch(dir_, "next", QByteArray(2 * kPage, 'x')));
    QVERIFY(next);
    QVERIFY((*next)->fault());
}

void TstMappedFile::tableHasAnEnd() {
    std::vector<int> taken;
    const std::byte place{};
    for (int i = 0; i < plimsoll::sigbus_guard::kSlots; ++i) {
        const auto slot = plimsoll::sigbus_guard::watch(&place, 1, -1);
        QVERIFY(slot);
        taken.push_back(*slot);
    }
    const auto mapped = MappedFile::open(writeScratch(dir_, "one", "x"));
    QVERIFY(!mapped);
    QCOMPARE(mapped.error().code, Errc::OverLimit);
    QVERIFY(mapped.error().what.find("16384") != std::string::npos);
    for (const int slot : taken) plimsoll::sigbus_guard::unwatch(slot);
    QVERIFY(MappedFile::open(writeScratch(dir_, "one", "x")));
}

void TstMappedFile::otherSignalsGoWhereTheyWent_data() {
    QTest::addColumn<QString>("before");  // disposition of SIGBUS when the guard is installed
    QTest::addColumn<QString>("event");
    QTest::addColumn<int>("exitCode");  // -1: dies of SIGBUS
    const auto row = [](const char* before, const char* event, int exitCode) {
        QTest::addRow("%s, %s", before, event) << QString(before) << QString(event) << exitCode;
    };
    row("default", "foreign fault", -1);
    row("default", "sent", -1);
    row("ignore", "foreign fault", -1);  // the kernel kills whoever ignores a fault
    row("ignore", "sent", 0);
    row("handler", "foreign fault", 42);
    row("handler", "sent", 42);
    row("siginfo handler", "foreign fault", 43);
    row("siginfo handler", "sent", 43);
}

void TstMappedFile::otherSignalsGoWhereTheyWent() {
    QFETCH(const QString, before);
    QFETCH(const QString, event);
    QFETCH(const int, exitCode);
    // A program of its own: this one has the guard installed already.
    QProcess child;
    child.start(QCoreApplication::applicationFilePath(),
                {kChildMode, before, event, QString::fromStdString(writeScratch(dir_, "guarded", "x")),
                 dir_.filePath(QStringLiteral("foreign"))});
    QVERIFY(child.waitForFinished());
    if (exitCode < 0) {
        QCOMPARE(child.exitStatus(), QProcess::CrashExit);
        QCOMPARE(child.exitCode(), SIGBUS);
    } else {
        QCOMPARE(child.exitStatus(), QProcess::NormalExit);
        QCOMPARE(child.exitCode(), exitCode);
    }
}

int main(int argc, char** argv) {
    if (argc == 6 && QString(argv[1]) == kChildMode) return runChild(argv[2], argv[3], argv[4], argv[5]);
    QCoreApplication app(argc, argv);
    TstMappedFile test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_mapped_file.moc"
