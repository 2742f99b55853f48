// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "checkpoint_check.h"
#include "findings/rest_scanner.h"
#include "formats/torch_tar/tar_members.h"
#include "hiding_places.h"
#include "peer.h"

using namespace plimsoll;

// Checkpoints of torch 0.1 against what torch 2.11 loads from them.
class TstFormatsTar : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        if (peerPython().isEmpty()) return;
        const auto made = runProcess(
            peerPython(), {"-W", "ignore", QStringLiteral(PLIMSOLL_SOURCE_DIR "/tests/core/tar_peer.py"), dir_.path()},
            120'000);
        QVERIFY2(made.exitCode == 0, made.err.constData());
        truth_ = readJson(dir_.filePath("truth.json"));
    }

    void asThePeerSays() {
        NEEDS_PEER();
        QCOMPARE(truth_.size(), 7);
        for (const auto& file : truth_.keys()) {
            const auto checkpoint = opened(dir_.filePath(file));
            QVERIFY2(checkpoint, qPrintable(file));
            QCOMPARE(formatName(checkpoint->format), "pytorch-tar");
            QCOMPARE(linesOf(checkpoint, true), linesOf(truth_[file].toArray()));
            QVERIFY(checkpoint->warnings.empty());
        }
    }

    void flaws_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("words");
        const auto row = [](const char* file, Errc code, const char* words) {
            QTest::newRow(file) << QString(file) << int(code) << QString(words);
        };
        row("bad-storage-count", Errc::Truncated, "1000000000 elements");
        row("bad-negative-count", Errc::Truncated, "-1 elements");
        row("bad-rank", Errc::Corrupt, "-1 dimensions");
        row("bad-rank-65", Errc::Corrupt, "65 dimensions");
        row("bad-reach", Errc::OutOfBounds, "needs 28 bytes");
        row("bad-no-storage", Errc::Corrupt, "999");
        row("bad-reference", Errc::Corrupt, "persistent id 7");
        row("bad-storage-view", Errc::OutOfBounds, "(102, 101, 4, 3)");
        row("bad-twice", Errc::Corrupt, "there twice");
        row("bad-link", Errc::Corrupt, "link or device");
        row("bad-other", Errc::Unsupported, "'readme.txt'");
        row("bad-no-tensors", Errc::Unsupported, "expected pickle, storages and tensors");
    }

    void flaws() {
        NEEDS_PEER();
        QFETCH(const QString, file);
        QFETCH(const int, code);
        QFETCH(const QString, words);
        const auto checkpoint = openCheckpoint(dir_.filePath(file + ".tar").toStdString());
        QVERIFY(!checkpoint);
        QCOMPARE(int(checkpoint.error().code), code);
        QVERIFY2(textOf(checkpoint.error().what).contains(words), checkpoint.error().what.c_str());
    }

    // Cut anywhere, it is an error or, without its closing block, a warning; never more than what is left.
    void truncatedAnywhere() {
        NEEDS_PEER();
        QFile whole(dir_.filePath("views.tar"));
        QVERIFY(whole.open(QIODevice::ReadOnly));
        const QByteArray bytes = whole.readAll();
        const QString path = dir_.filePath("cut");
        for (qsizetype length = 0; length < bytes.size(); length += 97) {
            QFile cut(path);
            QVERIFY(cut.open(QIODevice::WriteOnly));
            cut.write(bytes.left(length));
            cut.close();
            const auto checkpoint = openCheckpoint(path.toStdString());
            QVERIFY(!checkpoint || length > 7800);
        }
    }

    // Zeros fill the last record; anything else there is told, and searched.
    void behindTheEnd() {
        NEEDS_PEER();
        const QTemporaryDir dir;
        const QString path = dir.filePath("gnu.tar");
        for (const QByteArray& behind : {QByteArray(5000, '\0'), kEvilMarked}) {
            QVERIFY(writeFile(path, readFile(dir_.filePath("gnu.tar")) + behind));
            RestScanner rest({});
            const auto checkpoint = openCheckpoint(path.toStdString(), {}, nullptr, {}, &rest);
            QVERIFY(checkpoint);
            const bool isEvil = behind == kEvilMarked;
            QCOMPARE((*checkpoint)->warnings.size(), std::size_t{isEvil ? 1U : 0U});
            const bool found = std::ranges::any_of((*checkpoint)->globals, [](const GlobalRef& global) {
                return global.module == "os" && global.name == "system";
            });
            QCOMPARE(found, isEvil);
        }
    }

    void headerFlaws() {
        NEEDS_PEER();
        QFile whole(dir_.filePath("gnu.tar"));
        QVERIFY(whole.open(QIODevice::ReadOnly));
        const QByteArray bytes = whole.readAll();
        const auto read = [](const QByteArray& archive) {
            return readTar(std::as_bytes(std::span(archive.constData(), std::size_t(archive.size()))));
        };
        const auto sound = read(bytes);
        QVERIFY(sound && sound->ended);
        QCOMPARE(sound->members.size(), 4U);
        QByteArray renamed = bytes;
        renamed[0] = 'S';
        QCOMPARE(read(renamed).error().code, Errc::Corrupt);
        QByteArray size = bytes;
        size[124] = 'x';
        QVERIFY(!read(size));
    }

private:
    QTemporaryDir dir_;
    QJsonObject truth_;
};

QTEST_APPLESS_MAIN(TstFormatsTar)
#include "tst_formats_tar.moc"
