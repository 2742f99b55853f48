// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <sys/stat.h>
#include <unistd.h>

#include "checkpoint_check.h"
#include "findings/rest_scanner.h"
#include "formats/dcp/dcp_globals.h"
#include "hiding_places.h"
#include "peer.h"

using namespace plimsoll;

// Directories of torch.distributed.checkpoint against what torch's own dcp_to_torch_save makes of them.
class TstFormatsDcp : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        if (peerPython().isEmpty()) return;
        const auto made = runProcess(
            peerPython(), {"-W", "ignore", QStringLiteral(PLIMSOLL_SOURCE_DIR "/tests/core/dcp_peer.py"), dir_.path()},
            180'000);
        QVERIFY2(made.exitCode == 0, made.err.constData());
        truth_ = readJson(dir_.filePath("truth.json"));
    }

    void asThePeerSays_data() {
        QTest::addColumn<QString>("name");
        for (const auto* name : {"training", "types", "views", "ranks", "file_per_item"}) QTest::newRow(name) << name;
    }

    void asThePeerSays() {
        NEEDS_PEER();
        QFETCH(const QString, name);
        for (const QString& path : {name, name + "/.metadata"}) {
            const auto checkpoint = opened(dir_.filePath(path));
            QVERIFY(checkpoint);
            QCOMPARE(formatName(checkpoint->format), "torch-dcp");
            QCOMPARE(linesOf(checkpoint, false), linesOf(truth_[name].toArray()));
            QVERIFY(checkpoint->warnings.empty());
        }
    }

    // What the ranks split is one tensor of chunks; what they hold alike is one place in a file.
    void chunks() {
        NEEDS_PEER();
        const auto checkpoint = opened(dir_.filePath("ranks"));
        QVERIFY(checkpoint);
        const TensorTable& table = checkpoint->tensors;
        const auto chunksOf = [&](std::string_view name) {
            const StorageId id = table.storageId(findTensor(table, name));
            return table.storage(id).encoding == StorageEncoding::Chunked ? table.chunked(id).chunks.size() : 0;
        };
        QCOMPARE(chunksOf("rows"), 4U);
        QCOMPARE(chunksOf("grid"), 4U);
        QCOMPARE(chunksOf("fewer_than_ranks"), 2U);
        QCOMPARE(chunksOf("half_copied"), 2U);
        QCOMPARE(chunksOf("copied"), 0U);
        QVERIFY(table.fileOffset(findTensor(table, "copied")));
        QVERIFY(!table.fileOffset(findTensor(table, "rows")));
    }

    // Objects and the nesting of the state dict, as torch puts them together again.
    void values() {
        NEEDS_PEER();
        const auto checkpoint = opened(dir_.filePath("training"));
        QVERIFY(checkpoint);
        const ValueTree& tree = checkpoint->values;
        const auto shown = [&](const char* key) {
            const auto value = tree.find(tree.root(), key);
            return value ? QString::fromStdString(repr(tree, *value, 200)) : QString();
        };
        QCOMPARE(shown("epoch"), "7");
        QCOMPARE(shown("name"), "'a run'");
        QCOMPARE(shown("objects"), "[1, 'two', {'three': 3.0}]");
        QCOMPARE(shown("list"), "[tensor(...), {'deep': tensor(...)}]");
        QCOMPARE(shown("a.dotted"), "{'b.c': tensor(...)}");
        const auto optimizer = tree.find(tree.root(), "optimizer");
        QVERIFY(optimizer && optimizer->kind == ValueKind::Dict);
        const auto state = tree.find(*optimizer, "state");
        QVERIFY(state && state->kind == ValueKind::Dict);
        QCOMPARE(tree.pairs(*state).size(), 4U);
        const auto groups = tree.find(*optimizer, "param_groups");
        QVERIFY(groups && groups->kind == ValueKind::List);
        QCOMPARE(tree.items(*groups).size(), 1U);
    }

    void damagedFiles_data() {
        QTest::addColumn<QString>("damage");
        QTest::addColumn<QString>("words");
        QTest::newRow("missing") << "missing"
                                 << "__1_0.distcp: No such file or directory; without it";
        QTest::newRow("empty") << "empty"
                               << "__1_0.distcp: at byte 0";
        QTest::newRow("half") << "half"
                              << "__1_0.distcp: at byte";
        QTest::newRow("FIFO") << "FIFO"
                              << "__1_0.distcp: is a FIFO";
        QTest::newRow("directory") << "directory"
                                   << "__1_0.distcp: is a directory";
        QTest::newRow("symlink loop") << "symlink loop"
                                      << "__1_0.distcp: Too many levels of symbolic links";
        QTest::newRow("other bytes") << "other bytes"
                                     << "__1_0.distcp: at byte 0: an HTML page";
    }

    // The rest opens; what is missing is named and has no bytes.
    void damagedFiles() {
        NEEDS_PEER();
        QFETCH(const QString, damage);
        QFETCH(const QString, words);
        const QTemporaryDir copy;
        copyTo(copy, "ranks");
        const QString path = copy.filePath("__1_0.distcp");
        QFile file(path);
        const qint64 bytes = file.size();
        if (damage == "half") {
            QVERIFY(QFile::resize(path, bytes / 2));
        } else {
            QVERIFY(file.remove());
            const QByteArray native = QFile::encodeName(path);
            if (damage == "FIFO") QVERIFY(::mkfifo(native.constData(), 0600) == 0);
            if (damage == "directory") QVERIFY(QDir().mkdir(path));
            if (damage == "symlink loop") QVERIFY(::symlink("__1_0.distcp", native.constData()) == 0);
            if (damage == "empty" || damage == "other bytes") {
                QVERIFY(file.open(QIODevice::WriteOnly));
                if (damage == "other bytes") file.write(QByteArray("<html>").leftJustified(int(bytes)));
                file.close();
            }
        }
        const auto checkpoint = opened(copy.path());
        QVERIFY(checkpoint);
        QCOMPARE(checkpoint->tensors.size(), std::size_t(truth_["ranks"].toArray().size()));
        QString warnings;
        for (const auto& warning : checkpoint->warnings) warnings += textOf(warning) + '\n';
        QVERIFY2(warnings.contains(words), qPrintable(warnings));
        const auto lost = findTensor(checkpoint->tensors, "large_rows");
        QVERIFY2(warnings.contains("'large_rows'"), qPrintable(warnings));
        QCOMPARE(checkpoint->tensors.storage(lost).encoding, StorageEncoding::Absent);
        TensorReader reader(checkpoint);
        const auto kept = findTensor(checkpoint->tensors, "plain");
        std::vector<std::byte> values(24);
        QVERIFY(reader.readElements(kept, 0, values));
    }

    void refused_data() {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::addColumn<QString>("words");
        // Texts of the same length, so that the pickle stays whole.
        QTest::newRow("leads out") << QByteArray("__1_0.distcp") << QByteArray("../__.distcp") << "the name of a file";
        QTest::newRow("absolute") << QByteArray("__1_0.distcp") << QByteArray("/etc/passwds") << "the name of a file";
        QTest::newRow("other class") << QByteArray("Metadata\x94") << QByteArray("Metadatum\x94").remove(4, 1)
                                     << "expected a torch.distributed.checkpoint Metadata";
        QTest::newRow("no places") << QByteArray("storage_data") << QByteArray("storage_date")
                                   << "storage_data is missing";
        QTest::newRow("no entries") << QByteArray("state_dict_metadata") << QByteArray("state_dict_metadatb")
                                    << "state_dict_metadata is missing";
    }

    void refused() {
        NEEDS_PEER();
        QFETCH(const QByteArray, from);
        QFETCH(const QByteArray, to);
        QFETCH(const QString, words);
        QCOMPARE(from.size(), to.size());
        const QTemporaryDir copy;
        copyTo(copy, "ranks");
        QFile file(copy.filePath(".metadata"));
        QVERIFY(file.open(QIODevice::ReadWrite));
        QByteArray bytes = file.readAll();
        QVERIFY(bytes.contains(from));
        bytes.replace(bytes.indexOf(from), from.size(), to);
        file.seek(0);
        file.write(bytes);
        file.close();
        const auto checkpoint = openCheckpoint(copy.path().toStdString());
        QVERIFY(!checkpoint);
        QCOMPARE(int(checkpoint.error().code), int(Errc::Corrupt));
        QVERIFY2(textOf(checkpoint.error().what).contains(words), checkpoint.error().what.c_str());
    }

    // What the metadata does not speak of: a file of its own, and bytes behind the last part of another.
    void strays() {
        NEEDS_PEER();
        const QTemporaryDir copy;
        copyTo(copy, "ranks");
        QVERIFY(writeFile(copy.filePath("__9_0.distcp"), kEvilMarked));
        QFile named(copy.filePath("__1_0.distcp"));
        QVERIFY(named.open(QIODevice::Append));
        QVERIFY(named.write("cposix\npopen\n.") > 0);
        named.close();
        RestScanner rest({});
        const auto checkpoint = openCheckpoint(copy.path().toStdString(), {}, nullptr, {}, &rest);
        QVERIFY(checkpoint);
        QCOMPARE((*checkpoint)->warnings.size(), 1U);
        QCOMPARE(textOf((*checkpoint)->warnings[0]),
                 QString("'__9_0.distcp' (%1 bytes): the metadata does not name it").arg(kEvilMarked.size()));
        QStringList dangerous;
        for (const auto& global : (*checkpoint)->globals)
            if (global.verdict == Verdict::Dangerous) dangerous += textOf(global.module) + "." + textOf(global.name);
        QCOMPARE(dangerous, QStringList({"os.system", "posix.popen"}));
    }

    // The names that torch writes into .metadata are safe there, and only there; others stay what they are.
    void metadataVerdicts() {
        NEEDS_PEER();
        const auto checkpoint = opened(dir_.filePath("types"));
        QVERIFY(checkpoint);
        QVERIFY(checkpoint->globals.size() > 8);
        for (const auto& global : checkpoint->globals) QVERIFY2(global.verdict == Verdict::Safe, global.name.c_str());
        QVERIFY(judgeGlobal("pathlib", "PosixPath") == Verdict::Suspicious);
        std::vector<GlobalRef> globals(3);
        globals[0].module = globals[1].module = globals[2].module = "torch.distributed.checkpoint.metadata";
        globals[0].name = "Metadata";
        globals[1].name = "Metadata.x";
        globals[2].name = "Metadata";
        globals[2].verdict = Verdict::Dangerous;
        judgeAsDcpMetadata(globals);
        QVERIFY(globals[0].verdict == Verdict::Safe && !globals[0].reason.empty());
        QVERIFY(globals[1].verdict == Verdict::Suspicious);
        QVERIFY(globals[2].verdict == Verdict::Dangerous);
    }

    void withoutMetadata() {
        NEEDS_PEER();
        const QTemporaryDir copy;
        copyTo(copy, "ranks");
        QVERIFY(QFile::remove(copy.filePath(".metadata")));
        const auto checkpoint = openCheckpoint(copy.path().toStdString());
        QVERIFY(!checkpoint);
        QVERIFY2(textOf(checkpoint.error().what).contains("without its .metadata"), checkpoint.error().what.c_str());
    }

private:
    void copyTo(const QTemporaryDir& target, const QString& name) const {
        const QDir from(dir_.filePath(name));
        for (const auto& file : from.entryList(QDir::Files | QDir::Hidden))
            QVERIFY(QFile::copy(from.filePath(file), target.filePath(file)));
    }

    QTemporaryDir dir_;
    QJsonObject truth_;
};

QTEST_APPLESS_MAIN(TstFormatsDcp)
#include "tst_formats_dcp.moc"
