// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/stat.h>

#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <set>

#include "base/limits.h"
#include "cli.h"
#include "findings/rules.h"
#include "findings/scan.h"
#include "hiding_places.h"

using namespace plimsoll;

namespace {

ScannedFile scanBytes(const QByteArray& bytes, const QString& name) {
    const QTemporaryDir dir;
    writeFile(dir.filePath(name), bytes);
    ProgressCounter progress;
    auto report = scan(dir.filePath(name).toStdString(), progress, {});
    if (!report || report->files.empty()) return {};
    return std::move(report->files.front());
}

// "os.system @ member"
QStringList namedIn(const ScannedFile& file) {
    QStringList names;
    for (const auto& scanned : file.globals)
        names +=
            QString::fromStdString(scanned.global.module + "." + scanned.global.name + " @ " + scanned.place.member);
    return names;
}

}  // namespace

class TstScan : public QObject {
    Q_OBJECT
private slots:
    void found_data();
    void found();
    void clean_data();
    void clean();
    void skipped_data();
    void skipped();
    void nestingEnds();
    void membersOverEachOther();
    void recordsOverEachOther();
    void reasons_data();
    void reasons();
    void placeOfStoredMember();
    void directories();
    void cancels();
    void everyRuleOnce();
};

void TstScan::found_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("member");
    const auto row = [](const char* what, const QByteArray& bytes, const char* member, const char* name = "x.bin") {
        QTest::newRow(what) << bytes << QString(name) << QString(member);
    };
    row("pickle", kEvilMarked, "");
    row("pickle without a mark", kEvil, "", "x.dat");
    row("pickle without a mark or a suffix", kEvil, "", "x");
    row("behind STOP", kGood + kEvilMarked, "");
    row("behind STOP and junk", kGood + QByteArray(100, '\x07') + kEvilMarked, "");
    row("up to the break", kEvilMarked.chopped(1) + raw("\xff\xff"), "");
    row("in bytes", asConstant(kEvilMarked), "constant at byte 2");
    row("in bytes, text pickle", asConstant(kEvil), "constant at byte 2");
    row("two deep", asConstant(asConstant(kEvil)), "constant at byte 2!constant at byte 9");
    row("in Latin-1 text", raw("\x80\x02X\x12\0\0\0\xC2\x80\x02") + "cos\nsystem\n(tR." + '.', "constant at byte 2");
    row("in an escaped STRING", raw("S'\\x80\\x02cos\\nsystem\\n(tR.'\n."), "constant at byte 0");
    row("zip in bytes", asConstant(zipOf({stored("a", kEvilMarked)})), "constant at byte 2!a");
    row("comment of an archive", zipOf({stored("archive/data.pkl", kGood)}, kEvil.toStdString()), "");
    ZipBuilder::Member extra = stored("m", "text");
    extra.localExtra = raw("\xca\xfe\x1a\0").append(kEvilMarked.leftJustified(26)).toStdString();
    row("extra field", zipOf({extra}), "");
    row("extra field of an archive that is cut", zipOf({extra}).chopped(3), "");
    row("member of any name", zipOf({stored("archive/data.pkl", kGood), stored("archive/notes.txt", kEvil)}),
        "archive/notes.txt");
    row("deflated member", zipOf({packed("readme", kEvilMarked)}), "readme");
    row(
        "marked as encrypted",
        [] {
            auto member = stored("archive/data.pkl", kEvilMarked);
            member.flags = 1;
            return zipOf({member});
        }(),
        "archive/data.pkl");
    row("zip in zip", zipOf({packed("in.zip", zipOf({stored("a/b", kEvilMarked)}))}), "in.zip!a/b");
    row("tar in gzip", deflated(tarOf("model.pkl", kEvil), Wrap::Gzip), "model.pkl");
    row("tar", tarOf("m", kEvilMarked), "m");
    row("before a zip", kEvilMarked + zipOf({stored("archive/data.pkl", kGood)}), "");
    row("behind a zip", zipOf({stored("archive/data.pkl", kGood)}) + QByteArray(70000, '\0') + kEvilMarked, "");
    row("in the comment", zipOf({stored("archive/data.pkl", kGood)}, kEvilMarked.toStdString()), "");
    row("zip behind junk", QByteArray(40, '#') + zipOf({stored("a", kEvilMarked)}), "a");
    row("zip without directory", zipOf({stored("a", kEvilMarked)}).first(60), "a");
    row("two members of one name", zipOf({stored("a", kGood), stored("a", kEvilMarked)}), "a");
    row("two archives in a row", zipOf({stored("a", kGood)}) + zipOf({stored("b", kEvilMarked)}), "b");
    row("array of objects", npyOfObjects(kEvilMarked), "", "x.npy");
    row("storage", zipOf({stored("archive/data.pkl", kGood), stored("archive/data/0", kEvilMarked)}), "archive/data/0");
    row("GGUF that is a pickle", raw("GGUF\x03\0\0\0\0") + kEvil, "");
}

void TstScan::found() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, name);
    QFETCH(QString, member);
    const ScannedFile file = scanBytes(bytes, name);
    QVERIFY2(namedIn(file).contains("os.system @ " + member), qPrintable(namedIn(file).join("; ")));
    QCOMPARE(file.verdict(), ScanVerdict::Dangerous);
}

void TstScan::clean_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("name");
    QTest::newRow("pickle") << kGood << "x.pkl";
    QTest::newRow("ordered dict") << raw("\x80\x02"
                                         "ccollections\nOrderedDict\n)R.")
                                  << "x.pkl";
    QTest::newRow("safetensors") << safetensorsBytes({{"w", "F32", {2}, QByteArray(8, '\x80')}}) << "x.safetensors";
    QTest::newRow("text that starts as opcodes do") << QByteArray("class_name\nmodel\nI am no pickle.\n") << "x.txt";
    QTest::newRow("code") << QByteArray("import os\nos.system('id')\n") << "x.py";
    QTest::newRow("zip of texts") << zipOf({stored("a.json", "{}"), packed("b.txt", "(something)\n")}) << "x.zip";
    QTest::newRow("a member of bytes") << zipOf({stored("m/data.pkl", kGood), stored("m/vocab.bin", "\x01\xC7\x9D"),
                                                 stored("m/version", "3\n")})
                                       << "x.zip";
    QTest::newRow("storage that starts with a mark")
        << zipOf({stored("archive/data.pkl", kGood), stored("archive/data/0", raw("\x80\x02\xff\xff.")),
                  stored("archive/version", "3\n")})
        << "x.zip";
}

void TstScan::clean() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, name);
    const ScannedFile file = scanBytes(bytes, name);
    QVERIFY2(file.skipped.empty(), file.skipped.empty() ? "" : file.skipped[0].reason.c_str());
    QCOMPARE(scanVerdictName(file.verdict()), std::string_view("clean"));
}

// What was not looked into is never clean.
void TstScan::skipped_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    QTest::newRow("empty") << QByteArray() << "empty";
    QTest::newRow("unknown") << QByteArray(64, '\xEE') << "not known";
    QTest::newRow("xz") << raw("\xFD\x37zXZ\0....") << "xz-compressed";
    QTest::newRow("zstd member") << zipOf({stored("a", raw("\x28\xB5\x2F\xFD...."))}) << "zstd-compressed";
    QTest::newRow("gzip cut short") << deflated(kGood + QByteArray(1000, 'x'), Wrap::Gzip).chopped(12) << "damaged";
    QTest::newRow("pickle cut short") << raw("\x80\x02X\xff\xff\0\0abc") << "breaks here";
    QTest::newRow("unknown packing") << zipOf({[] {
        auto member = stored("a", "....");
        member.method = 99;
        return member;
    }()}) << "method 99";
}

void TstScan::skipped() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    const ScannedFile file = scanBytes(bytes, "x.bin");
    QVERIFY(!file.skipped.empty());
    QVERIFY2(QString::fromStdString(file.skipped[0].reason).contains(says), file.skipped[0].reason.c_str());
    QVERIFY(file.verdict() != ScanVerdict::Clean);
}

void TstScan::nestingEnds() {
    QByteArray nested = kEvil;
    for (std::uint32_t i = 0; i < 2 * limits::kScanDepth; ++i) nested = asConstant(nested);
    const ScannedFile file = scanBytes(nested, "x.pkl");
    QVERIFY(namedIn(file).isEmpty());
    QVERIFY(!file.skipped.empty());
    QVERIFY(file.skipped[0].reason.starts_with("nested deeper"));
}

// Found by fuzzing: members whose sizes each reach to the archive's end were searched for members again, inside each
// other, in exponential time.
void TstScan::membersOverEachOther() {
    constexpr int kMembers = 40;
    QByteArray bytes = kEvilMarked + raw("PK\x05\x06") + QByteArray(18, '\0');
    for (int i = 0; i < kMembers; ++i) {
        const auto size = static_cast<qint32>(bytes.size());
        bytes = raw("PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0") + littleEndian<qint32>({size, size}) +
                raw("\x01\0\0\0") + "m" + bytes;
        // What starts as an archive would not be taken for a member's own content.
        if (i + 1 < kMembers) bytes.prepend('x');
    }
    const ScannedFile file = scanBytes(bytes, "x.bin");
    QVERIFY2(namedIn(file).contains("os.system @ m"), qPrintable(namedIn(file).join("; ")));
}

// Headers that each state an extra field of 64 KiB over the next ones: as often as that is looked at, it ends.
void TstScan::recordsOverEachOther() {
    const QByteArray header =
        raw("PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0") + QByteArray(8, '\0') + raw("\0\0\xff\xff");
    QCOMPARE(header.size(), 30);
    const ScannedFile file = scanBytes(header.repeated(70'000) + kEvilMarked, "x.bin");
    const bool said = std::ranges::any_of(file.skipped, [](const Skipped& skipped) {
        return skipped.reason == "records lie over each other: too much to search";
    });
    QVERIFY(said);
}

void TstScan::reasons_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QString>("reason");
    QTest::newRow("os.system") << QByteArray("os\nsystem") << "runs a shell command";
    QTest::newRow("subprocess.Popen") << QByteArray("subprocess\nPopen") << "starts other programs";
    QTest::newRow("os.unlink") << QByteArray("os\nunlink") << "reads, writes or removes files";
    QTest::newRow("builtins.eval") << QByteArray("builtins\neval") << "runs code that is given as text";
    QTest::newRow("unknown") << QByteArray("my.module\nThing") << "not known to be harmless";
}

void TstScan::reasons() {
    QFETCH(QByteArray, name);
    QFETCH(QString, reason);
    const ScannedFile file = scanBytes(raw("\x80\x02") + "c" + name + "\n.", "x.pkl");
    const auto all = allFindings(file);
    QCOMPARE(all.size(), std::size_t{1});
    QVERIFY2(QString::fromStdString(all[0].message).contains(reason), all[0].message.c_str());
}

void TstScan::placeOfStoredMember() {
    const QByteArray bytes = zipOf({stored("archive/data.pkl", kEvilMarked)});
    const ScannedFile file = scanBytes(bytes, "x.pt");
    QCOMPARE(file.globals.size(), std::size_t{1});
    const Place& place = file.globals[0].place;
    QVERIFY(!place.unpacked);
    QCOMPARE(place.offset, static_cast<std::uint64_t>(bytes.indexOf("cos\nsystem")));
    QCOMPARE(place.file, std::string("x.pt"));
}

void TstScan::directories() {
    const QTemporaryDir dir;
    std::filesystem::create_directories(dir.filePath("a/b").toStdString());
    std::filesystem::create_directory_symlink(dir.path().toStdString(), dir.filePath("a/b/loop").toStdString());
    QVERIFY(writeFile(dir.filePath("a/b/.metadata"), kEvilMarked));
    QVERIFY(writeFile(dir.filePath("good.pkl"), kGood));
    std::filesystem::create_symlink("nowhere", dir.filePath("lost").toStdString());
    QCOMPARE(::mkfifo(qPrintable(dir.filePath("pipe")), 0600), 0);
    ProgressCounter progress;
    const auto report = scan(dir.path().toStdString(), progress, {});
    QVERIFY(report);
    QStringList seen;
    for (const auto& file : report->files)
        seen += QString::fromStdString(file.relativePath + " " + std::string(scanVerdictName(file.verdict())));
    QCOMPARE(seen.join("; "), QString("a/b/.metadata dangerous; good.pkl clean; lost incomplete; pipe incomplete"));
    QVERIFY(report->anyUnreadable());
    QCOMPARE(progress.total(), progress.done());
}

void TstScan::cancels() {
    std::stop_source stop;
    stop.request_stop();
    const QTemporaryDir dir;
    QVERIFY(writeFile(dir.filePath("x"), kGood));
    ProgressCounter progress;
    const auto report = scan(dir.path().toStdString(), progress, stop.get_token());
    QVERIFY(!report);
    QCOMPARE(report.error().code, Errc::Cancelled);
}

void TstScan::everyRuleOnce() {
    std::set<std::string_view> ids;
    for (const auto& rule : rules::all()) {
        QVERIFY(ids.insert(rule.id).second);
        QVERIFY(!rule.summary.empty());
    }
    QVERIFY(ids.contains(rules::kDangerousGlobal.id));
}

QTEST_APPLESS_MAIN(TstScan)
#include "tst_scan.moc"
