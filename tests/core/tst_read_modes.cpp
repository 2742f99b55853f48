// SPDX-License-Identifier: GPL-3.0-or-later
#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include "cli.h"
#include "findings/check.h"
#include "findings/scan.h"
#include "formats/directory.h"
#include "formats/rank_dirs/rank_files.h"
#include "formats/registry.h"
#include "pickles.h"
#include "read_counter.h"
#include "scratch.h"

using namespace plimsoll;

// Whoever opens a file for reading does it as ReadOptions say: by position nothing is mapped, so all is counted as
// read.
class TstReadModes : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() {
        if (bytesReadSoFar() < 0) QSKIP("the kernel does not count what a process reads");
    }

    void directoryProbes() {
        const QTemporaryDir dir;
        const qint64 bytes = 5'000;
        for (const char* name : {"a.txt", "b.txt", "c.txt"}) writeScratch(dir, name, QByteArray(bytes, 'x'));
        writeScratch(dir, "model.safetensors", safetensorsBytes({{"w", "U8", {1}, "x"}}));
        const std::string path = dir.path().toStdString();
        const qint64 more = morePaged([&](const ReadOptions& read) { QVERIFY(lookInto(path, read)); });
        QVERIFY2(more >= 3 * kPage, qPrintable(QString::number(more)));
    }

    void latestStep() {
        const QTemporaryDir dir;
        QVERIFY(QDir(dir.path()).mkdir("global_step7"));
        writeScratch(dir, "latest", QByteArray("global_step7").leftJustified(2'000, ' '));
        const std::string path = dir.path().toStdString();
        const qint64 more = morePaged([&](const ReadOptions& read) { QVERIFY(findLatestStep(path, read)); });
        QVERIFY2(more >= 2'000, qPrintable(QString::number(more)));
    }

    // Once for the pickles in it, once as a checkpoint.
    void scanned() {
        const QTemporaryDir dir;
        const QByteArray pickle = listOfNumbers();
        const std::string path = writeScratch(dir, "x.pkl", pickle);
        const qint64 more = morePaged([&](const ReadOptions& read) {
            ProgressCounter progress;
            const auto report = scan(path, progress, {}, read);
            QVERIFY(report && report->verdict() == ScanVerdict::Clean);
        });
        QVERIFY2(more >= 2 * pickle.size(), qPrintable(QString::number(more)));
    }

    // The index tells which files there are.
    void scannedIndex() {
        const QTemporaryDir dir;
        writeScratch(dir, "a.safetensors", safetensorsBytes({{"a", "U8", {1}, "x"}}));
        const QByteArray index =
            QByteArray(R"({"metadata":{},"weight_map":{"a":"a.safetensors"}})").leftJustified(50'000);
        const std::string path = writeScratch(dir, "model.safetensors.index.json", index);
        const qint64 more = morePaged([&](const ReadOptions& read) {
            ProgressCounter progress;
            const auto report = scan(path, progress, {}, read);
            QVERIFY(report && report->files.size() == 2);
        });
        // For the shards' names, and for what is in it.
        QVERIFY2(more >= 2 * index.size(), qPrintable(QString::number(more)));
    }

    // Opening fails, and its archive is summed all the same.
    void checkedThoughBroken() {
        const QTemporaryDir dir;
        const std::string path = writeScratch(dir, "x.pt", raw("PK\x03\x04") + QByteArray(100'000, 'x'));
        const auto open = [&](const ReadOptions& read) { QVERIFY(!openCheckpoint(path, {}, nullptr, read)); };
        const auto checkAll = [&](const ReadOptions& read) {
            ProgressCounter progress;
            const auto report = check(path, {.threads = 1, .read = read}, progress, {});
            QVERIFY(report && !report->sound());
        };
        const qint64 opening = morePaged(open);
        const qint64 more = morePaged(checkAll);
        QVERIFY2(opening >= kPage && more >= opening + kPage, qPrintable(QString("%1 %2").arg(opening).arg(more)));
    }

private:
    static constexpr qint64 kPage = 4096;

    static QByteArray listOfNumbers() {
        QByteArray pickle = raw("\x80\x02](");
        for (int i = 0; i < 50'000; ++i) pickle += "K\x01";
        return pickle + "e.";
    }

    // How many bytes more are read where nothing is mapped.
    template <class Work>
    static qint64 morePaged(const Work& work) {
        const qint64 mapped =
            bytesReadBy([&] { work(ReadOptions{.backing = Backing::Mapping, .http = {}, .stop = {}}); });
        return bytesReadBy([&] { work(ReadOptions{.backing = Backing::Paged, .http = {}, .stop = {}}); }) - mapped;
    }
};

QTEST_APPLESS_MAIN(TstReadModes)
#include "tst_read_modes.moc"
