// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <array>
#include <string>

#include "checkpoint_check.h"
#include "peer.h"

using namespace plimsoll;

namespace {

// A safetensors file: the header's text, then the data.
QByteArray safetensors(const QByteArray& header, const QByteArray& data) {
    QByteArray file(8, '\0');
    const quint64 length = quint64(header.size());
    for (int i = 0; i < 8; ++i) file[i] = char((length >> (8 * i)) & 0xFF);
    return file + header + data;
}

QByteArray entry(const QByteArray& name, const QByteArray& dtype, const QByteArray& shape, const QByteArray& offsets) {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

// One F32 tensor of shape [2, 3] with something changed, and 24 bytes of data.
QByteArray oneTensor(const QByteArray& dtype, const QByteArray& shape, const QByteArray& offsets) {
    return safetensors("{" + entry("w", dtype, shape, offsets) + "}", QByteArray(24, 'd'));
}

QByteArray index(const QByteArray& weightMap, const QByteArray& metadata = "{}") {
    return "{\"metadata\":" + metadata + ",\"weight_map\":" + weightMap + "}";
}

}  // namespace

class TstFormatsBroken : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        if (peerPython().isEmpty()) return;
        const auto made = runProcess(
            peerPython(), {QStringLiteral(PLIMSOLL_SOURCE_DIR "/tests/core/formats_broken_peer.py"), dir_.path()});
        QVERIFY2(made.exitCode == 0, made.err.constData());
    }

    // One flaw a row: the exact kind of error, and words that must be in its text.
    void flaws_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("words");
        const auto row = [](const char* flaw, const QByteArray& bytes, Errc code, const char* words) {
            QTest::newRow(flaw) << bytes << int(code) << QString::fromUtf8(words);
        };
        row("empty", "", Errc::Truncated, "the file is empty");
        row("HTML", "<!DOCTYPE html><html>not found</html>", Errc::Unsupported, "an HTML page");
        row("Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", Errc::Unsupported,
            "git lfs pull");
        row("text", "hello world, this is text", Errc::Unsupported, "a text");
        row("zeros", QByteArray(100'000, '\0'), Errc::Unsupported, "zero bytes");
        row("gzip", QByteArray("\x1F\x8B\x08\0\0\0", 6), Errc::Unsupported, "gzip");
        row("noise", "\x01\xC7\x9D\xEE\xF1\x88\xFF\xC0 noise", Errc::Unsupported, "01 c7 9d ee f1 88 ff c0");
        row("zip of something else",
            QByteArray::fromBase64(
                "UEsDBBQAAAAAAAAAIQCsKpPYAgAAAAIAAAAFAAAAYS50eHRoaVBLAQIUAxQAAAAAAAAAIQCsKpPYAgAAAAIA"
                "AAAFAAAAAAAAAAAAAACAAQAAAABhLnR4dFBLBQYAAAAAAQABADMAAAAlAAAAAAA="),
            Errc::Unsupported, "'a.txt'");
        row("zip cut short", QByteArray("PK\x03\x04\x14\0\0\0\0\0", 10), Errc::Truncated, "");
        row("plain number", QByteArray("\x80\x02\x8A\x0A\x6D\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.", 15), Errc::Corrupt,
            "expected 119547037146038801333356");

        row("a text where the magic number should be",
            QByteArray("\x80\x02X\x05\0\0\0hello.\x80\x02M\xE9\x03.\x80\x02}.\x80\x02}.\x80\x02].", 31), Errc::Corrupt,
            "the first pickle is 'hello' (expected the number 119547037146038801333356");
        row("header beyond the file", safetensors("{}", {}).replace(0, 1, "\x70"), Errc::Truncated, "112 bytes");
        row("header over the cap", QByteArray("\x01\xE1\xF5\x05\0\0\0\0{", 9), Errc::OverLimit, "100000001");
        row("header no object", safetensors("{]", {}), Errc::Corrupt, "");
        row("two objects", safetensors("{}{}", {}), Errc::Corrupt, "more text follows");
        row("name twice",
            safetensors("{" + entry("w", "U8", "[1]", "[0,1]") + "," + entry("w", "U8", "[1]", "[1,2]") + "}", "ab"),
            Errc::Corrupt, "'w' is there twice");
        row("name twice, once escaped",
            safetensors("{" + entry("w", "U8", "[1]", "[0,1]") + "," + entry("\\u0077", "U8", "[1]", "[1,2]") + "}",
                        "ab"),
            Errc::Corrupt, "'w' is there twice");
        row("unknown dtype", oneTensor("F128", "[2,3]", "[0,24]"), Errc::Corrupt, "dtype 'F128'");
        row("empty dtype", oneTensor("", "[2,3]", "[0,24]"), Errc::Corrupt, "dtype ''");
        row("shape too large", oneTensor("F32", "[2,4]", "[0,24]"), Errc::Corrupt, "needs 32 bytes");
        row("shape too small", oneTensor("F32", "[2,2]", "[0,24]"), Errc::Corrupt, "24 bytes of data");
        row("shape wraps", oneTensor("F32", "[4611686018427387904,4]", "[0,24]"), Errc::Corrupt, "'w'");
        row("shape of fractions", oneTensor("F32", "[2.0,3]", "[0,24]"), Errc::Corrupt, "whole numbers as shape");
        row("negative offset", oneTensor("F32", "[2,3]", "[-24,0]"), Errc::Corrupt, "data_offsets");
        row("one offset", oneTensor("F32", "[2,3]", "[24]"), Errc::Corrupt, "1 data_offsets");
        row("end before begin", oneTensor("F32", "[2,3]", "[24,0]"), Errc::Corrupt, "begins at byte 24");
        row("data beyond the file", oneTensor("F32", "[2,4]", "[0,32]"), Errc::Truncated, "the file has 24");
        row("bytes nobody owns", oneTensor("U8", "[20]", "[0,20]"), Errc::Corrupt, "4 bytes follow");
        row("hole", oneTensor("U8", "[20]", "[4,24]"), Errc::Corrupt, "begins at byte 4");
        row("overlap",
            safetensors("{" + entry("v", "U8", "[2]", "[0,2]") + "," + entry("w", "U8", "[2]", "[1,3]") + "}", "abc"),
            Errc::Corrupt, "'w' begins at byte 1");
        row("no dtype", safetensors("{\"w\":{\"shape\":[1],\"data_offsets\":[0,1]}}", "a"), Errc::Corrupt, "no dtype");
        row("field twice",
            safetensors("{\"w\":{\"dtype\":\"U8\",\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]}}", "a"),
            Errc::Corrupt, "dtype twice");
        row("metadata no text", safetensors("{\"__metadata__\":{\"a\":1}}", {}), Errc::Corrupt, "'a'");
        row("metadata twice", safetensors("{\"__metadata__\":{},\"__metadata__\":{}}", {}), Errc::Corrupt, "twice");
        row("metadata twice, not empty",
            safetensors("{\"__metadata__\":{\"a\":\"1\"},\"__metadata__\":{\"b\":\"2\"}}", {}), Errc::Corrupt,
            "__metadata__ is there twice");
        row("half a byte", oneTensor("F4", "[47]", "[0,24]"), Errc::Corrupt, "'w'");

        row("index without map", "{\"metadata\":{}}", Errc::Corrupt, "weight_map");
        row("index with an empty map", index("{}"), Errc::Corrupt, "empty");
        row("index map no object", index("[]"), Errc::Corrupt, "weight_map");
        row("index leads up", index("{\"w\":\"../x.safetensors\"}"), Errc::Corrupt, "'../x.safetensors'");
        row("index leads away", index("{\"w\":\"/etc/passwd\"}"), Errc::Corrupt, "'/etc/passwd'");
        row("index leads to a folder", index("{\"w\":\"..\"}"), Errc::Corrupt, "'..'");
        row("index with backslash", index("{\"w\":\"..\\\\x\"}"), Errc::Corrupt, "'..\\x'");
        row("index names itself", index("{\"w\":\"file\"}"), Errc::Usage, "itself");
        row("index of a number", index("{\"w\":5}"), Errc::Corrupt, "a file name for tensor 'w'");
        row("index nested too deep", index("{\"w\":\"x\"}", QByteArray(2000, '[') + QByteArray(2000, ']')),
            Errc::Corrupt, "");
        row("index, no shard there", index("{\"w\":\"x.safetensors\"}"), Errc::Io, "");
    }

    void flaws() {
        QFETCH(QByteArray, bytes);
        QFETCH(int, code);
        QFETCH(QString, words);
        const QString path = written("file", bytes);
        const auto checkpoint = openCheckpoint(path.toStdString());
        QVERIFY(!checkpoint);
        const auto text = describe(checkpoint.error(), path.toStdString());
        QVERIFY2(QString::fromStdString(text).contains(words), text.c_str());
        QCOMPARE(int(checkpoint.error().code), code);
        QVERIFY2(text.starts_with(dir_.path().toStdString()), text.c_str());
    }

    void directories_data() {
        QTest::addColumn<QStringList>("files");
        QTest::addColumn<QString>("words");
        QTest::newRow("empty") << QStringList{} << "no files";
        QTest::newRow("no checkpoint") << QStringList{"readme.txt"} << "'readme.txt'";
        QTest::newRow("two checkpoints") << QStringList{"a.safetensors", "b.safetensors"} << "'a.safetensors', 'b.saf";
        QTest::newRow("two indexes") << QStringList{"a.index.json", "b.index.json"} << "several indexes";
        QTest::newRow("one checkpoint") << QStringList{"a.safetensors", "readme.txt"} << "";
    }

    void directories() {
        QFETCH(QStringList, files);
        QFETCH(QString, words);
        const QTemporaryDir place;
        for (const auto& name : files) {
            QFile file(place.filePath(name));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(name.endsWith(".safetensors") ? safetensors("{}", {}) : QByteArray("some text"));
        }
        const auto checkpoint = openCheckpoint(place.path().toStdString());
        QCOMPARE(checkpoint.has_value(), words.isEmpty());
        if (!checkpoint)
            QVERIFY2(checkpoint.error().what.find(words.toStdString()) != std::string::npos,
                     checkpoint.error().what.c_str());
    }

    void unreadablePaths() {
        QCOMPARE(int(openCheckpoint(dir_.filePath("absent").toStdString()).error().code), int(Errc::Io));
        const auto fifo = dir_.filePath("fifo");
        QVERIFY(runProcess("mkfifo", {fifo}).exitCode == 0);
        QCOMPARE(int(openCheckpoint(fifo.toStdString()).error().code), int(Errc::Unsupported));
    }

    // A set that is not whole opens with warnings that name what is missing.
    void incompleteSets_data() {
        QTest::addColumn<QByteArray>("index");
        QTest::addColumn<QString>("warning");
        QTest::addColumn<int>("tensors");
        QTest::newRow("missing shard") << index("{\"a\":\"1.st\",\"b\":\"2.st\",\"z\":\"9.st\"}")
                                       << "without it 1 tensors are missing: 'z'" << 2;
        QTest::newRow("broken shard") << index("{\"a\":\"1.st\",\"b\":\"broken.st\"}") << "missing: 'b'" << 1;
        QTest::newRow("shard that breaks late") << index("{\"a\":\"1.st\",\"c\":\"late.st\"}") << "missing: 'c'" << 1;
        QTest::newRow("tensor not there") << index("{\"a\":\"1.st\",\"q\":\"1.st\"}") << "not in 1.st, where" << 1;
        QTest::newRow("tensor not named") << index("{\"a\":\"1.st\",\"c\":\"3.st\"}") << "not in the index: 'd'" << 3;
        QTest::newRow("other shard") << index("{\"a\":\"2.st\",\"b\":\"1.st\"}") << "another shard" << 2;
        QTest::newRow("named twice") << index("{\"a\":\"1.st\",\"a\":\"1.st\"}") << "named twice" << 1;
        QTest::newRow("two shards with one name")
            << index("{\"a\":\"1.st\",\"c\":\"again.st\"}") << "more than one shard: 'a'" << 3;
        QTest::newRow("wrong size") << index("{\"a\":\"1.st\"}", "{\"total_size\":5}") << "total_size is 5" << 1;
        QTest::newRow("sound") << index("{\"a\":\"1.st\",\"b\":\"2.st\"}", "{\"total_size\":2}") << "" << 2;
    }

    void incompleteSets() {
        QFETCH(QByteArray, index);
        QFETCH(QString, warning);
        QFETCH(int, tensors);
        written("1.st", safetensors("{" + entry("a", "U8", "[1]", "[0,1]") + "}", "a"));
        written("2.st", safetensors("{" + entry("b", "U8", "[1]", "[0,1]") + "}", "b"));
        written(
            "3.st",
            safetensors("{" + entry("c", "U8", "[1]", "[0,1]") + "," + entry("d", "U8", "[1]", "[1,2]") + "}", "cd"));
        written(
            "again.st",
            safetensors("{" + entry("a", "U8", "[1]", "[0,1]") + "," + entry("c", "U8", "[1]", "[1,2]") + "}", "ac"));
        written("broken.st", "{broken");
        written("late.st", safetensors("{" + entry("c", "U8", "[1]", "[0,1]") + "}", "c and more"));
        const QString path = written("set.index.json", index);
        const auto checkpoint = openCheckpoint(path.toStdString());
        QVERIFY2(checkpoint.has_value(), checkpoint ? "" : checkpoint.error().what.c_str());
        QCOMPARE(int((*checkpoint)->tensors.size()), tensors);
        QCOMPARE((*checkpoint)->warnings.empty(), warning.isEmpty());
        bool found = warning.isEmpty();
        for (const auto& text : (*checkpoint)->warnings)
            found = found || QString::fromStdString(text).contains(warning);
        QVERIFY2(found, (*checkpoint)->warnings.empty() ? "" : (*checkpoint)->warnings[0].c_str());
        // What is left can be read.
        TensorReader reader(*checkpoint);
        for (std::uint32_t i = 0; i < (*checkpoint)->tensors.size(); ++i) {
            std::byte value{};
            QVERIFY(reader.readElements(TensorId(i), 0, std::span(&value, 1)).has_value());
            QCOMPARE(char(value), (*checkpoint)->tensors.name(TensorId(i))[0]);
        }
    }

    // Folders of the index's directory are its own, links to others are not.
    void shardsInFolders() {
        const QTemporaryDir elsewhere;
        const QByteArray shard = safetensors("{" + entry("a", "U8", "[1]", "[0,1]") + "}", "a");
        QVERIFY(QDir(dir_.path()).mkpath("deep/er"));
        written("deep/er/1.st", shard);
        QFile target(elsewhere.filePath("1.st"));
        QVERIFY(target.open(QIODevice::WriteOnly) && target.write(shard) == shard.size());
        target.close();
        QVERIFY(QFile::link(elsewhere.path(), dir_.filePath("deep/link")));
        const auto inside = openCheckpoint(written("in.index.json", index("{\"a\":\"deep/er/1.st\"}")).toStdString());
        QVERIFY2(inside, inside ? "" : inside.error().what.c_str());
        QCOMPARE((*inside)->tensors.size(), std::size_t{1});
        QVERIFY((*inside)->warnings.empty());
        const auto outside =
            openCheckpoint(written("out.index.json", index("{\"a\":\"deep/link/1.st\"}")).toStdString());
        QVERIFY(!outside);
        QVERIFY2(outside.error().what.find("'deep/link', a symbolic link") != std::string::npos,
                 outside.error().what.c_str());
        for (const char* name : {"deep/../1.st", "deep//1.st", "./1.st", "deep/", "/deep/er/1.st", "deep/er\\\\1.st"}) {
            const auto path = written("bad.index.json", index(QByteArray("{\"a\":\"") + name + "\"}"));
            QVERIFY2(!openCheckpoint(path.toStdString()), name);
        }
    }

    void linkedShardIsFollowed() {
        const QTemporaryDir elsewhere;
        QFile target(elsewhere.filePath("blob"));
        QVERIFY(target.open(QIODevice::WriteOnly));
        target.write(safetensors("{" + entry("a", "U8", "[1]", "[0,1]") + "}", "a"));
        target.close();
        QVERIFY(QFile::link(elsewhere.filePath("blob"), dir_.filePath("linked.st")));
        const auto path = written("linked.index.json", index("{\"a\":\"linked.st\"}"));
        const auto checkpoint = openCheckpoint(path.toStdString());
        QVERIFY(checkpoint.has_value());
        QVERIFY((*checkpoint)->warnings.empty());
    }

    // No sound prefix of a file is a file.
    void cutAnywhere_data() { soundFiles(); }

    void cutAnywhere() {
        QFETCH(QByteArray, bytes);
        if (bytes.isEmpty()) NEEDS_PEER();
        const QString path = written("cut", bytes);
        QVERIFY(openCheckpoint(path.toStdString()).has_value());
        for (qint64 n = bytes.size() - 1; n >= 0; --n) {
            QVERIFY(QFile::resize(path, n));
            const auto checkpoint = openCheckpoint(path.toStdString());
            QVERIFY2(!checkpoint, qPrintable(QString("opens when cut to %1 bytes").arg(n)));
        }
    }

    // Whatever one wrong byte makes of a file: no crash, and tensors that opened can be read or say why not.
    void oneWrongByte_data() { soundFiles(); }

    void oneWrongByte() {
        QFETCH(QByteArray, bytes);
        if (bytes.isEmpty()) NEEDS_PEER();
        for (qsizetype at = 0; at < bytes.size(); ++at) {
            constexpr std::array<unsigned, 3> kFlips = {0x01, 0x80, 0xFF};
            QByteArray changed = bytes;
            changed[at] = char(static_cast<unsigned char>(changed[at]) ^ kFlips[std::size_t(at) % kFlips.size()]);
            const QString path = written("changed", changed);
            const auto checkpoint = openCheckpoint(path.toStdString());
            if (!checkpoint) {
                QVERIFY(!checkpoint.error().what.empty());
                continue;
            }
            TensorReader reader(*checkpoint);
            const TensorTable& table = (*checkpoint)->tensors;
            for (std::uint32_t i = 0; i < table.size(); ++i) contentHash(reader, table, TensorId(i));
        }
    }

private:
    QString written(const QString& name, const QByteArray& bytes) {
        const QString path = dir_.filePath(name);
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly)) qFatal("%s", qPrintable(path));
        file.write(bytes);
        return path;
    }

    void soundFiles() {
        QTest::addColumn<QByteArray>("bytes");
        for (const QString name : {"sound.pt", "sound.legacy"}) {
            QFile file(dir_.filePath(name));
            QTest::newRow(qPrintable(name)) << (file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray());
        }
        QTest::newRow("safetensors") << safetensors("{\"__metadata__\":{\"k\":\"v\"}," +
                                                        entry("a", "F32", "[2,3]", "[0,24]") + "," +
                                                        entry("b", "I64", "[]", "[24,32]") + "}",
                                                    QByteArray(32, 'd'));
    }

    QTemporaryDir dir_;
};

QTEST_GUILESS_MAIN(TstFormatsBroken)
#include "tst_formats_broken.moc"
