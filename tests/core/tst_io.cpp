// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <csignal>
#include <numeric>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>

#include "io/input_file.h"
#include "io/process_setup.h"
#include "scratch.h"

using plimsoll::Errc;
using plimsoll::InputFile;

Q_DECLARE_METATYPE(Errc)

class TstIo : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void refusesWhatIsNoRegularFile_data();
    void refusesWhatIsNoRegularFile();
    void readsAnyRange_data();
    void readsAnyRange();
    void noticesAFileCutWhileOpen();
    void movesOwnership();
    void raisesTheLimitOnOpenFiles();

private:
    [[nodiscard]] std::string at(const char* name) const { return dir_.filePath(name).toStdString(); }

    QTemporaryDir dir_;
};

void TstIo::initTestCase() {
    QVERIFY(dir_.isValid());
    writeScratch(dir_, "regular", "x");
    QCOMPARE(::mkfifo(at("fifo").c_str(), 0600), 0);
    QVERIFY(QDir(dir_.path()).mkdir(QStringLiteral("folder")));
    QCOMPARE(::symlink("loop", at("loop").c_str()), 0);
    QCOMPARE(::symlink("nothing", at("dangling").c_str()), 0);
    QCOMPARE(::symlink("regular", at("link").c_str()), 0);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    qstrncpy(address.sun_path, at("socket").c_str(), sizeof(address.sun_path));
    QCOMPARE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ::close(socket);
}

void TstIo::refusesWhatIsNoRegularFile_data() {
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<Errc>("code");
    QTest::addColumn<QByteArray>("words");
    const auto row = [this](const char* name, Errc code, const char* words) {
        QTest::newRow(name) << QByteArray::fromStdString(at(name)) << code << QByteArray(words);
    };
    row("fifo", Errc::Unsupported, "a FIFO");
    row("folder", Errc::Unsupported, "a directory");
    row("socket", Errc::Unsupported, "a socket");
    row("loop", Errc::Io, "symbolic links");
    row("dangling", Errc::Io, "No such file");
    row("absent", Errc::Io, "No such file");
    row("regular/below", Errc::Io, "Not a directory");
    QTest::newRow("device") << QByteArray("/dev/null") << Errc::Unsupported << QByteArray("a character device");
    QTest::newRow("empty path") << QByteArray() << Errc::Io << QByteArray("No such file");
    QTest::newRow("NUL in the path") << QByteArray::fromStdString(at("regular")) + QByteArray("\0x", 2) << Errc::Usage
                                     << QByteArray("NUL");
}

void TstIo::refusesWhatIsNoRegularFile() {
    QFETCH(const QByteArray, path);
    QFETCH(const Errc, code);
    QFETCH(const QByteArray, words);
    const auto file = InputFile::open(path.toStdString());
    QVERIFY(!file);
    QCOMPARE(file.error().code, code);
    QVERIFY2(file.error().what.find(words.toStdString()) != std::string::npos, file.error().what.c_str());
    QCOMPARE(QByteArray::fromStdString(file.error().path), path);
}

void TstIo::readsAnyRange_data() {
    QTest::addColumn<quint64>("offset");
    QTest::addColumn<quint64>("bytes");
    QTest::addColumn<bool>("fits");
    QTest::newRow("all") << quint64{0} << quint64{1000} << true;
    QTest::newRow("nothing at the start") << quint64{0} << quint64{0} << true;
    QTest::newRow("nothing at the end") << quint64{1000} << quint64{0} << true;
    QTest::newRow("last byte") << quint64{999} << quint64{1} << true;
    QTest::newRow("middle") << quint64{300} << quint64{257} << true;
    QTest::newRow("one too many") << quint64{0} << quint64{1001} << false;
    QTest::newRow("from beyond the end") << quint64{1001} << quint64{0} << false;
    QTest::newRow("sum wraps") << ~quint64{0} << quint64{2} << false;
}

void TstIo::readsAnyRange() {
    QFETCH(const quint64, offset);
    QFETCH(const quint64, bytes);
    QFETCH(const bool, fits);
    QByteArray content(1000, '\0');
    std::iota(content.begin(), content.end(), '\0');
    const auto file = InputFile::open(writeScratch(dir_, "thousand", content));
    QVERIFY(file);
    QCOMPARE(file->size(), quint64{1000});
    std::vector<std::byte> out(bytes);
    const auto read = file->readAt(offset, out);
    QCOMPARE(read.has_value(), fits);
    if (!fits) {
        QCOMPARE(read.error().code, Errc::Truncated);
        QCOMPARE(read.error().offset, offset);
        return;
    }
    QCOMPARE(QByteArray(reinterpret_cast<const char*>(out.data()), static_cast<qsizetype>(out.size())),
             content.mid(static_cast<qsizetype>(offset), static_cast<qsizetype>(bytes)));
    file->willNeed(offset, bytes);
    file->dropCache(offset, bytes);
}

void TstIo::noticesAFileCutWhileOpen() {
    const auto path = writeScratch(dir_, "cut", QByteArray(1000, 'x'));
    const auto file = InputFile::open(path);
    QVERIFY(file);
    QCOMPARE(::truncate(path.c_str(), 600), 0);
    std::array<std::byte, 500> out{};
    QVERIFY(file->readAt(0, out));
    const auto read = file->readAt(500, out);
    QVERIFY(!read);
    QCOMPARE(read.error().code, Errc::Truncated);
    QCOMPARE(read.error().offset, quint64{600});
}

void TstIo::movesOwnership() {
    auto first = InputFile::open(writeScratch(dir_, "first", "first"));
    auto second = InputFile::open(writeScratch(dir_, "second", "second"));
    QVERIFY(first && second);
    const int closed = first->descriptor();
    *first = std::move(*second);
    QCOMPARE(::fcntl(closed, F_GETFD), -1);
    std::array<std::byte, 6> out{};
    QVERIFY(first->readAt(0, out));
    QCOMPARE(out[0], static_cast<std::byte>('s'));
    QCOMPARE(second->descriptor(), -1);
    const InputFile third(std::move(*first));
    QVERIFY(third.readAt(0, out));
}

void TstIo::raisesTheLimitOnOpenFiles() {
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit low = before;
    low.rlim_cur = std::min<rlim_t>(64, before.rlim_max);
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &low), 0);
    plimsoll::prepareProcess();
    rlimit after{};
    QCOMPARE(::getrlimit(RLIMIT_NOFILE, &after), 0);
    QCOMPARE(after.rlim_cur, before.rlim_max);
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

QTEST_APPLESS_MAIN(TstIo)
#include "tst_io.moc"
