// SPDX-License-Identifier: GPL-3.0-or-later
#include <csignal>
#include <functional>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>

#include "base/byte_cursor.h"
#include "io/output_file.h"
#include "io/process_setup.h"

using plimsoll::asBytes;
using plimsoll::Errc;
using plimsoll::OutputFile;
using Existing = plimsoll::OutputFile::Existing;

Q_DECLARE_METATYPE(Errc)
Q_DECLARE_METATYPE(Existing)

namespace {

// Exit code of `body` run in a child process, -signal where one ended it.
int inChild(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return -1000;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool failsWith(const plimsoll::Result<void>& result, Errc code, std::string_view words) {
    return !result && result.error().code == code && result.error().what.find(words) != std::string::npos;
}

}  // namespace

class TstOutputFile : public QObject {
    Q_OBJECT

private slots:
    void init();
    void appearsWhenComplete_data();
    void appearsWhenComplete();
    void writesAtPositionsFromManyThreads();
    void leavesNothingWithoutCommit();
    void keepsTheOldFileWithoutCommit();
    void refusesWhatCannotBeAnOutput_data();
    void refusesWhatCannotBeAnOutput();
    void refusesAFileThatAppearsMeanwhile();
    void refusesASecondWriter();
    void takesOverTheLeftoverOfAKilledWriter();
    void replacesWhatALinkLeadsTo();
    void leavesForeignFilesAlone_data();
    void leavesForeignFilesAlone();
    void noticesThatThePartialFileIsGone();
    void movesOwnership();
    void reportsTheFileSizeLimit();
    void reportsAFullDisk();
    void refusesOffsetsThatNoFileHas();

private:
    [[nodiscard]] std::string at(const char* name) const {
        return (dir_->path() + QLatin1Char('/') + QLatin1String(name)).toStdString();
    }
    [[nodiscard]] QStringList names() const {
        return QDir(dir_->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
    }
    [[nodiscard]] QByteArray contentOf(const char* name) const {
        QFile file(QString::fromStdString(at(name)));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("<unreadable>");
    }
    void put(const char* name, const QByteArray& bytes) const {
        QFile file(QString::fromStdString(at(name)));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) qFatal("cannot write a test file");
    }

    std::unique_ptr<QTemporaryDir> dir_;
};

void TstOutputFile::init() {
    dir_ = std::make_unique<QTemporaryDir>();
    QVERIFY(dir_->isValid());
}

void TstOutputFile::appearsWhenComplete_data() {
    QTest::addColumn<bool>("there");
    QTest::addColumn<Existing>("existing");
    QTest::newRow("new, refuse") << false << Existing::Refuse;
    QTest::newRow("new, replace") << false << Existing::Replace;
    QTest::newRow("there, replace") << true << Existing::Replace;
}

void TstOutputFile::appearsWhenComplete() {
    QFETCH(const bool, there);
    QFETCH(const Existing, existing);
    if (there) put("out", "old");
    auto file = OutputFile::create(at("out"), 5, existing);
    QVERIFY2(file, file ? "" : file.error().what.c_str());
    QCOMPARE(QString::fromStdString(file->partialPath()), QString::fromStdString(at("out") + ".partial"));
    QVERIFY(file->writeAt(3, asBytes("de")));
    QVERIFY(file->writeAt(0, asBytes("abc")));
    QCOMPARE(contentOf("out"), there ? QByteArray("old") : QByteArray("<unreadable>"));
    QVERIFY(file->commit());
    QCOMPARE(contentOf("out"), QByteArray("abcde"));
    QCOMPARE(names(), QStringList{QStringLiteral("out")});
}

void TstOutputFile::writesAtPositionsFromManyThreads() {
    constexpr std::size_t kBlock = 10'000;
    constexpr std::size_t kBlocks = 64;
    auto file = OutputFile::create(at("out"), kBlock * kBlocks, Existing::Refuse);
    QVERIFY(file);
    std::atomic<int> failures{0};
    {
        std::vector<std::jthread> writers;
        for (std::size_t t = 0; t < 4; ++t) {
            writers.emplace_back([&, t] {
                for (std::size_t b = t; b < kBlocks; b += 4) {
                    const std::string block(kBlock, static_cast<char>('0' + b));
                    if (!file->writeAt(b * kBlock, asBytes(block))) ++failures;
                }
            });
        }
    }
    QCOMPARE(failures.load(), 0);
    QVERIFY(file->commit());
    const QByteArray content = contentOf("out");
    QCOMPARE(content.size(), static_cast<qsizetype>(kBlock * kBlocks));
    for (std::size_t b = 0; b < kBlocks; ++b)
        QCOMPARE(content.mid(static_cast<qsizetype>(b * kBlock), kBlock),
                 QByteArray(kBlock, static_cast<char>('0' + b)));
}

void TstOutputFile::leavesNothingWithoutCommit() {
    {
        const auto file = OutputFile::create(at("out"), 100, Existing::Refuse);
        QVERIFY(file);
        QCOMPARE(names(), QStringList{QStringLiteral("out.partial")});
        QCOMPARE(QFileInfo(QString::fromStdString(file->partialPath())).size(), 100);
    }
    QCOMPARE(names(), QStringList());
}

void TstOutputFile::keepsTheOldFileWithoutCommit() {
    put("out", "old");
    {
        const auto file = OutputFile::create(at("out"), 3, Existing::Replace);
        QVERIFY(file);
        QVERIFY(file->writeAt(0, asBytes("new")));
    }
    QCOMPARE(contentOf("out"), QByteArray("old"));
    QCOMPARE(names(), QStringList{QStringLiteral("out")});
}

void TstOutputFile::refusesWhatCannotBeAnOutput_data() {
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<Existing>("existing");
    QTest::addColumn<Errc>("code");
    QTest::addColumn<QByteArray>("words");
    const auto row = [](const char* what, const char* path, Existing existing, Errc code, const char* words) {
        QTest::newRow(what) << QByteArray(path) << existing << code << QByteArray(words);
    };
    row("existing file", "file", Existing::Refuse, Errc::Usage, "exists");
    row("existing link", "link", Existing::Refuse, Errc::Usage, "exists");
    row("dangling link, refuse", "dangling", Existing::Refuse, Errc::Usage, "exists");
    row("dangling link, replace", "dangling", Existing::Replace, Errc::Io, "cannot be followed");
    row("folder", "folder", Existing::Replace, Errc::Usage, "a directory");
    row("link to a folder", "folderlink", Existing::Replace, Errc::Usage, "a directory");
    row("device", "/dev/null", Existing::Replace, Errc::Usage, "a character device");
    row("FIFO", "fifo", Existing::Replace, Errc::Usage, "a FIFO");
    row("name of a folder", "new/", Existing::Refuse, Errc::Usage, "not the name of a file");
    row("no name", "", Existing::Refuse, Errc::Usage, "not the name of a file");
    row("missing folder", "absent/out", Existing::Refuse, Errc::Io, "No such file");
    row("below a file", "file/out", Existing::Refuse, Errc::Io, "Not a directory");
    row("name too long", QByteArray(300, 'n').constData(), Existing::Refuse, Errc::Io, "too long");
}

void TstOutputFile::refusesWhatCannotBeAnOutput() {
    QFETCH(const QByteArray, path);
    QFETCH(const Existing, existing);
    QFETCH(const Errc, code);
    QFETCH(const QByteArray, words);
    put("file", "content");
    QCOMPARE(::symlink("file", at("link").c_str()), 0);
    QCOMPARE(::symlink("absent", at("dangling").c_str()), 0);
    QCOMPARE(::symlink("folder", at("folderlink").c_str()), 0);
    QCOMPARE(::mkdir(at("folder").c_str(), 0700), 0);
    QCOMPARE(::mkfifo(at("fifo").c_str(), 0600), 0);
    const QStringList before = names();
    const std::string full = path.isEmpty() || path.startsWith('/') ? path.toStdString() : at(path.constData());
    const auto file = OutputFile::create(full, 10, existing);
    QVERIFY(!file);
    QVERIFY2(file.error().what.find(words.toStdString()) != std::string::npos, file.error().what.c_str());
    QCOMPARE(file.error().code, code);
    QCOMPARE(names(), before);
    QCOMPARE(contentOf("file"), QByteArray("content"));
}

void TstOutputFile::refusesAFileThatAppearsMeanwhile() {
    {
        auto file = OutputFile::create(at("out"), 3, Existing::Refuse);
        QVERIFY(file);
        put("out", "somebody else's");
        QVERIFY(failsWith(file->commit(), Errc::Usage, "appeared"));
    }
    QCOMPARE(contentOf("out"), QByteArray("somebody else's"));
    QCOMPARE(names(), QStringList{QStringLiteral("out")});
}

void TstOutputFile::refusesASecondWriter() {
    auto first = OutputFile::create(at("out"), 3, Existing::Replace);
    QVERIFY(first);
    QVERIFY(first->writeAt(0, asBytes("one")));
    for (const Existing existing : {Existing::Refuse, Existing::Replace}) {
        const auto second = OutputFile::create(at("out"), 6, existing);
        QVERIFY(!second);
        QCOMPARE(second.error().code, Errc::Usage);
        QVERIFY(second.error().what.find("writing this file now") != std::string::npos);
    }
    QVERIFY(first->commit());
    QCOMPARE(contentOf("out"), QByteArray("one"));
    QVERIFY(OutputFile::create(at("out"), 6, Existing::Replace));
}

void TstOutputFile::takesOverTheLeftoverOfAKilledWriter() {
    const int ended = inChild([this] {
        const auto file = OutputFile::create(at("out"), 1000, Existing::Refuse);
        if (!file || !file->writeAt(0, asBytes("left over"))) return 1;
        return ::raise(SIGKILL);
    });
    QCOMPARE(ended, -SIGKILL);
    QCOMPARE(names(), QStringList{QStringLiteral("out.partial")});
    auto file = OutputFile::create(at("out"), 4, Existing::Refuse);
    QVERIFY2(file, file ? "" : file.error().what.c_str());
    QVERIFY(file->commit());
    QCOMPARE(contentOf("out"), QByteArray(4, '\0'));
}

void TstOutputFile::replacesWhatALinkLeadsTo() {
    QCOMPARE(::mkdir(at("store").c_str(), 0700), 0);
    put("store/real", "old");
    QCOMPARE(::symlink("store/real", at("out").c_str()), 0);
    auto file = OutputFile::create(at("out"), 3, Existing::Replace);
    QVERIFY(file);
    QCOMPARE(file->path(), at("out"));
    QVERIFY(file->writeAt(0, asBytes("new")));
    QVERIFY(file->commit());
    QVERIFY(QFileInfo(QString::fromStdString(at("out"))).isSymLink());
    QCOMPARE(contentOf("store/real"), QByteArray("new"));
    QCOMPARE(QDir(QString::fromStdString(at("store"))).entryList(QDir::Files), QStringList{QStringLiteral("real")});
}

void TstOutputFile::leavesForeignFilesAlone_data() {
    QTest::addColumn<QString>("kind");
    QTest::addColumn<Errc>("code");
    QTest::newRow("symbolic link") << "symlink" << Errc::Io;
    QTest::newRow("hard link") << "link" << Errc::Usage;
    QTest::newRow("folder") << "folder" << Errc::Io;
    QTest::newRow("FIFO") << "fifo" << Errc::Usage;
}

void TstOutputFile::leavesForeignFilesAlone() {
    QFETCH(const QString, kind);
    QFETCH(const Errc, code);
    put("precious", "content");
    const std::string partial = at("out.partial");
    if (kind == "symlink") QCOMPARE(::symlink("precious", partial.c_str()), 0);
    if (kind == "link") QCOMPARE(::link(at("precious").c_str(), partial.c_str()), 0);
    if (kind == "folder") QCOMPARE(::mkdir(partial.c_str(), 0700), 0);
    if (kind == "fifo") QCOMPARE(::mkfifo(partial.c_str(), 0600), 0);
    const auto file = OutputFile::create(at("out"), 10, Existing::Refuse);
    QVERIFY(!file);
    QCOMPARE(file.error().code, code);
    QCOMPARE(file.error().path, partial);
    QCOMPARE(contentOf("precious"), QByteArray("content"));
    QCOMPARE(names().size(), 2);
}

void TstOutputFile::noticesThatThePartialFileIsGone() {
    {
        auto file = OutputFile::create(at("out"), 3, Existing::Refuse);
        QVERIFY(file);
        QCOMPARE(::unlink(at("out.partial").c_str()), 0);
        put("out.partial", "somebody else's");
        QVERIFY(failsWith(file->commit(), Errc::Io, "removed or replaced"));
    }
    QCOMPARE(contentOf("out.partial"), QByteArray("somebody else's"));
    QCOMPARE(names(), QStringList{QStringLiteral("out.partial")});
}

void TstOutputFile::movesOwnership() {
    auto first = OutputFile::create(at("first"), 1, Existing::Refuse);
    auto second = OutputFile::create(at("second"), 1, Existing::Refuse);
    QVERIFY(first && second);
    *first = std::move(*second);
    QCOMPARE(names(), QStringList{QStringLiteral("second.partial")});
    OutputFile third(std::move(*first));
    QVERIFY(third.writeAt(0, asBytes("3")));
    QVERIFY(third.commit());
    QCOMPARE(contentOf("second"), QByteArray("3"));
    QCOMPARE(names(), QStringList{QStringLiteral("second")});
}

void TstOutputFile::reportsTheFileSizeLimit() {
    const int outcome = inChild([this] {
        plimsoll::prepareProcess();
        const rlimit limit{1'000'000, 1'000'000};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
        const auto tooBig = OutputFile::create(at("big"), 2'000'000, Existing::Refuse);
        if (tooBig || tooBig.error().code != Errc::Io) return 2;
        if (tooBig.error().what.find("File too large") == std::string::npos) return 3;
        const auto file = OutputFile::create(at("small"), 1000, Existing::Refuse);
        if (!file || !file->writeAt(999'000, asBytes(std::string(1000, 'x')))) return 4;
        const auto written = file->writeAt(999'500, asBytes(std::string(1000, 'x')));
        if (!failsWith(written, Errc::Io, "File too large")) return 5;
        return written.error().offset == 1'000'000 ? 0 : 6;  // after the half that fitted
    });
    QCOMPARE(outcome, 0);
    QCOMPARE(names(), QStringList());
}

void TstOutputFile::reportsAFullDisk() {
    constexpr int kNotPermitted = 77;
    const int outcome = inChild([this] {
        if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return kNotPermitted;
        if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kNotPermitted;
        const auto disk = dir_->path().toStdString();
        if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) return kNotPermitted;
        const auto reserved = OutputFile::create(at("big"), 2'000'000, Existing::Refuse);
        if (reserved || reserved.error().what.find("No space left") == std::string::npos) return 1;
        if (!names().isEmpty()) return 2;
        put("old", "old");
        {
            auto file = OutputFile::create(at("old"), 1000, Existing::Replace);
            if (!file) return 3;
            if (!failsWith(file->writeAt(0, asBytes(std::string(2'000'000, 'x'))), Errc::Io, "No space left")) return 4;
        }
        return names() == QStringList{QStringLiteral("old")} && contentOf("old") == "old" ? 0 : 5;
    });
    if (outcome == kNotPermitted) QSKIP("mounting a small tmpfs is not permitted here");
    QCOMPARE(outcome, 0);
}

void TstOutputFile::refusesOffsetsThatNoFileHas() {
    const auto tooBig = OutputFile::create(at("out"), ~std::uint64_t{0}, Existing::Refuse);
    QVERIFY(!tooBig);
    QCOMPARE(tooBig.error().code, Errc::Io);
    QCOMPARE(names(), QStringList());
    const auto file = OutputFile::create(at("out"), 0, Existing::Refuse);
    QVERIFY(file);
    QVERIFY(failsWith(file->writeAt(~std::uint64_t{0} - 1, asBytes("abc")), Errc::Io, "File too large"));
}

QTEST_APPLESS_MAIN(TstOutputFile)
#include "tst_output_file.moc"
