// SPDX-License-Identifier: GPL-3.0-or-later
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <limits>

#include "cli.h"
#include "deflated.h"
#include "findings/archives_in_row.h"
#include "findings/check.h"
#include "findings/rules.h"
#include "pickles.h"
#include "read_counter.h"
#include "scratch.h"
#include "zip_builder.h"

using namespace plimsoll;

namespace {

constexpr float kNanValue = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

// {'w': tensor of `floats` f32 in storage 0}, protocol 2, as torch.save writes it.
QByteArray pickleOf(int floats) {
    const QByteArray count = QByteArray("J") + littleEndian<qint32>({floats});
    return raw("\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\n"
               "X\x01\0\0\0"
               "0X\x03\0\0\0cpu") +
           count + raw("tQK\0") + count +
           raw("\x85K\x01\x85\x89"
               "ccollections\nOrderedDict\n)RtRs.");
}

// A torch archive whose one storage holds `data`.
ZipBuilder torchArchive(const QByteArray& data, bool packed = false) {
    ZipBuilder zip;
    const auto add = [&](const char* name, const QByteArray& bytes) {
        ZipBuilder::Member member;
        member.name = name;
        member.packed = bytes.toStdString();
        zip.members.push_back(member);
    };
    add("archive/data.pkl", pickleOf(static_cast<int>(data.size() / 4)));
    add("archive/version", "3\n");
    // Aligned for elements of four bytes, as torch's own padding makes it.
    std::size_t offset = 30 + std::string("archive/data/0").size() + 30 + std::string("archive/pad").size();
    for (const auto& member : zip.members) offset += 30 + member.name.size() + member.packed.size();
    add("archive/pad", QByteArray(static_cast<qsizetype>((4 - offset % 4) % 4), ' '));
    add("archive/data/0", packed ? deflated(data) : data);
    if (packed) {
        zip.members.back().content = data.toStdString();
        zip.members.back().method = 8;
    }
    return zip;
}

QByteArray bytesOf(const ZipBuilder& zip) {
    const auto built = zip.build().bytes;
    return QByteArray(reinterpret_cast<const char*>(built.data()), static_cast<qsizetype>(built.size()));
}

QByteArray floats(std::initializer_list<float> values) {
    return littleEndian<float>(values);
}

CheckReport checkBytes(const QByteArray& bytes, const char* name, bool deep) {
    const QTemporaryDir dir;
    writeFile(dir.filePath(name), bytes);
    ProgressCounter progress;
    auto report = check(dir.filePath(name).toStdString(), {deep, 2, {}}, progress, {});
    if (!report) return {};
    return std::move(*report);
}

QStringList rulesOf(const CheckReport& report) {
    QStringList ids;
    for (const auto& finding : report.findings)
        ids += QString::fromUtf8(finding.rule.data(), static_cast<qsizetype>(finding.rule.size()));
    return ids;
}

}  // namespace

class TstCheck : public QObject {
    Q_OBJECT
private slots:
    void files_data();
    void files();
    void values_data();
    void values();
    void crcOverManyPieces();
    void readsArchivesOnce_data();
    void readsArchivesOnce();
    void archivesInARow_data();
    void archivesInARow();
    void unreadableValues();
    void packedTypesAreNotChecked();
    void withoutChecksums();
    void missingShard();
    void notThere();
    void cancelsAndCounts();
};

void TstCheck::files_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("rule");
    const QByteArray data = floats({1, 2, 3, 4});
    const auto row = [](const char* what, const QByteArray& bytes, const Rule* rule) {
        QTest::newRow(what) << bytes << (rule == nullptr ? QString() : QString::fromStdString(std::string(rule->id)));
    };
    row("sound", bytesOf(torchArchive(data)), nullptr);
    row("sound, deflated", bytesOf(torchArchive(data, true)), nullptr);
    auto zip = torchArchive(data);
    zip.members[3].crc = 1;
    row("wrong CRC-32", bytesOf(zip), &rules::kZipCrc);
    zip = torchArchive(data, true);
    zip.members[3].crc = 1;
    row("wrong CRC-32, deflated", bytesOf(zip), &rules::kZipCrc);
    zip = torchArchive(data);
    zip.members[1].descriptor = std::string(100, 'x');
    zip.members[1].flags = 8;
    row("gap", bytesOf(zip), &rules::kZipGap);
    QByteArray flipped = bytesOf(torchArchive(data, true));
    flipped[flipped.indexOf("archive/data/0") + 14 + 4] = '\xFF';
    row("damaged deflate data", flipped, &rules::kReadFailed);
    QByteArray header = bytesOf(torchArchive(data));
    header[header.indexOf("archive/version")] = 'X';
    row("local header names another", header, &rules::kZipHeader);
    row("cut short", bytesOf(torchArchive(data)).chopped(30), &rules::kUnreadable);
    row(
        "a member missing",
        [&] {
            auto lost = torchArchive(data);
            lost.members.pop_back();
            return bytesOf(lost);
        }(),
        &rules::kInconsistent);
    row("safetensors", safetensorsBytes({{"a", "F32", {4}, data}}), nullptr);
    row("safetensors, a type to come", safetensorsBytes({{"a", "I4", {4}, "xy"}}), nullptr);
    row("safetensors, a type of another width", safetensorsBytes({{"a", "F128", {4}, data}}), &rules::kUnreadable);
    row("safetensors, no type", safetensorsBytes({{"a", "f32", {4}, data}}), &rules::kUnreadable);
    row("safetensors with a tail", safetensorsBytes({{"a", "F32", {4}, data}}) + "tail", &rules::kUnreadable);
    row("safetensors, unaligned", safetensorsBytes({{"a", "U8", {1}, "x"}, {"b", "F32", {4}, data}}),
        &rules::kAlignment);
}

void TstCheck::files() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, rule);
    const CheckReport report = checkBytes(bytes, "x.pt", false);
    QCOMPARE(report.path.empty(), false);
    const QStringList found = rulesOf(report);
    if (rule.isEmpty()) {
        QVERIFY2(report.sound() && found.isEmpty(), qPrintable(found.join("; ")));
    } else {
        QVERIFY2(found.contains(rule), qPrintable(found.join("; ")));
        QCOMPARE(report.sound(), rule == QString::fromStdString(std::string(rules::kAlignment.id)));
    }
}

void TstCheck::values_data() {
    QTest::addColumn<QByteArray>("data");
    QTest::addColumn<QStringList>("rules");
    QTest::newRow("plain") << floats({1, 2}) << QStringList();
    QTest::newRow("NaN") << floats({1, kNanValue}) << QStringList{"tensor.nan"};
    QTest::newRow("infinity") << floats({1, -kInf}) << QStringList{"tensor.infinity"};
    QTest::newRow("both") << floats({kNanValue, kInf}) << QStringList{"tensor.nan", "tensor.infinity"};
    QTest::newRow("zeros") << floats({0, -0.0F}) << QStringList{"tensor.all-zero"};
    QTest::newRow("constant") << floats({2, 2, 2}) << QStringList{"tensor.constant"};
    QTest::newRow("one value") << floats({2}) << QStringList();
    // More than one piece of 4 MiB, the odd value in the last.
    QTest::newRow("long") << QByteArray(5 * 1024 * 1024, '\0') + floats({kNanValue}) << QStringList{"tensor.nan"};
    QTest::newRow("long constant") << QByteArray(5 * 1024 * 1024, '\x11') << QStringList{"tensor.constant"};
}

void TstCheck::values() {
    QFETCH(QByteArray, data);
    QFETCH(QStringList, rules);
    for (const bool packed : {false, true}) {
        const CheckReport report = checkBytes(bytesOf(torchArchive(data, packed)), "x.pt", true);
        QCOMPARE(rulesOf(report), rules);
        QCOMPARE(report.bytesRead > static_cast<std::uint64_t>(data.size()), true);
    }
}

void TstCheck::crcOverManyPieces() {
    QByteArray data(9 * 1024 * 1024 + 4, '\0');
    for (qsizetype i = 0; i < data.size(); i += 997) data[i] = static_cast<char>(i);
    ZipBuilder zip = torchArchive(data);
    QVERIFY(checkBytes(bytesOf(zip), "x.pt", false).sound());
    zip.members[3].packed[8 * 1024 * 1024 + 5] ^= 1;
    zip.members[3].content = data.toStdString();
    QCOMPARE(rulesOf(checkBytes(bytesOf(zip), "x.pt", false)), QStringList{"zip.crc-mismatch"});
}

void TstCheck::readsArchivesOnce_data() {
    QTest::addColumn<bool>("packed");
    QTest::newRow("stored") << false;
    QTest::newRow("deflated") << true;
}

// CRC-32 and values come from the same blocks: two pieces of 8 MiB and a part, with odd values on both sides of a cut.
void TstCheck::readsArchivesOnce() {
    QFETCH(bool, packed);
    QByteArray data(19 * 1024 * 1024, '\0');
    QRandomGenerator random(7);
    // Exponents stay small: every value is finite.
    for (qsizetype i = 0; i < data.size(); ++i) data[i] = static_cast<char>(random.generate() & 0x3FU);
    const qsizetype cut = 8 * 1024 * 1024;
    data.replace(cut - 4, 12, floats({kNanValue, kInf, kNanValue}));
    data.replace(data.size() - 4, 4, floats({kNanValue}));
    const QByteArray archive = bytesOf(torchArchive(data, packed));
    const QTemporaryDir dir;
    const std::string path = writeScratch(dir, "x.pt", archive);
    ProgressCounter progress;
    Result<CheckReport> report;
    const qint64 read =
        bytesReadBy([&] { report = check(path, {.deep = true, .threads = 2, .read = {}}, progress, {}); });
    QVERIFY(report);
    QCOMPARE(rulesOf(*report), (QStringList{"tensor.nan", "tensor.infinity"}));
    QVERIFY2(report->findings[0].message.find("3 of 4980736 values") != std::string::npos,
             report->findings[0].message.c_str());
    QCOMPARE(progress.done(), progress.total());
    const auto once = static_cast<std::uint64_t>(data.size());
    QVERIFY(report->bytesRead >= once && report->bytesRead < once + 4096);
    if (bytesReadSoFar() < 0) QSKIP("the kernel does not count what a process reads");
    QVERIFY2(read < archive.size() + archive.size() / 8, qPrintable(QString::number(read)));
}

void TstCheck::archivesInARow_data() {
    QTest::addColumn<QByteArray>("between");
    QTest::addColumn<QByteArray>("behind");
    QTest::addColumn<int>("archives");
    QTest::newRow("nothing") << QByteArray() << QByteArray() << 2;
    QTest::newRow("aligned") << QByteArray(63, '\0') << QByteArray(64, '\0') << 2;
    QTest::newRow("too many zeros between") << QByteArray(65, '\0') << QByteArray() << 0;
    QTest::newRow("too many zeros behind") << QByteArray() << QByteArray(65, '\0') << 0;
    QTest::newRow("something between") << QByteArray("\0x", 2) << QByteArray() << 0;
    QTest::newRow("something behind") << QByteArray() << QByteArray("x") << 0;
}

void TstCheck::archivesInARow() {
    QFETCH(QByteArray, between);
    QFETCH(QByteArray, behind);
    QFETCH(int, archives);
    const QByteArray one = bytesOf(torchArchive(floats({1})));
    const QByteArray row = one + between + one + behind;
    const auto found = archivesInRow(std::as_bytes(std::span(row.constData(), std::size_t(row.size()))), {});
    QCOMPARE(found.size(), std::size_t(archives));
    if (archives == 0) return;
    QCOMPARE(found[1].offset, std::uint64_t(one.size() + between.size()));
    QCOMPARE(found[1].bytes, std::uint64_t(one.size()));
}

// What cannot be read is told of the member and of the tensor.
void TstCheck::unreadableValues() {
    QByteArray flipped = bytesOf(torchArchive(floats({1, 2, 3, 4}), true));
    flipped[flipped.indexOf("archive/data/0") + 14 + 4] = '\xFF';
    const CheckReport report = checkBytes(flipped, "x.pt", true);
    QCOMPARE(rulesOf(report), (QStringList{"tensor.unreadable", "tensor.unreadable"}));
    QCOMPARE(report.findings[0].place.member, std::string("archive/data/0"));
    QCOMPARE(report.findings[1].place.member, std::string("w"));
}

void TstCheck::packedTypesAreNotChecked() {
    const CheckReport report = checkBytes(safetensorsBytes({{"a", "F4", {4}, "12"}}), "x.safetensors", true);
    QCOMPARE(report.notDone.size(), std::size_t{1});
    QVERIFY(!report.sound());
    QVERIFY(report.findings.empty());
}

// As torch writes them with set_crc32_options(False): nothing is wrong, and something could not be checked.
void TstCheck::withoutChecksums() {
    auto zip = torchArchive(floats({1, 2, 3, 4}));
    for (auto& member : zip.members) member.crc = 0;
    const CheckReport report = checkBytes(bytesOf(zip), "x.pt", false);
    QCOMPARE(rulesOf(report), QStringList());
    QCOMPARE(report.notDone.size(), std::size_t{1});
    QCOMPARE(report.notDone[0].what, std::string("the CRC-32 of its members"));
    QVERIFY(!report.sound());
}

void TstCheck::missingShard() {
    const QTemporaryDir dir;
    QVERIFY(writeFile(dir.filePath("a.safetensors"), safetensorsBytes({{"a", "F32", {1}, floats({1})}})));
    QVERIFY(writeFile(
        dir.filePath("model.safetensors.index.json"),
        R"({"metadata":{"total_size":9},"weight_map":{"a":"a.safetensors","c":"a.safetensors","b":"b.safetensors"}})"));
    ProgressCounter progress;
    const auto report = check(dir.path().toStdString(), {}, progress, {});
    QVERIFY(report);
    const QStringList found = rulesOf(*report);
    QVERIFY2(found.contains("index.missing-shard") && found.contains("index.mismatch"), qPrintable(found.join("; ")));
    QCOMPARE(report->notDone.size(), std::size_t{1});
    QCOMPARE(report->notDone[0].place.file, std::string("b.safetensors"));
}

void TstCheck::notThere() {
    ProgressCounter progress;
    const auto report = check("/no/such/file", {}, progress, {});
    QVERIFY(!report);
    QCOMPARE(report.error().code, Errc::Io);
}

void TstCheck::cancelsAndCounts() {
    const QTemporaryDir dir;
    QVERIFY(writeFile(dir.filePath("x.pt"), bytesOf(torchArchive(floats({1})))));
    std::stop_source stop;
    stop.request_stop();
    ProgressCounter progress;
    const auto report = check(dir.filePath("x.pt").toStdString(), {}, progress, stop.get_token());
    QVERIFY(!report);
    QCOMPARE(report.error().code, Errc::Cancelled);
    QVERIFY(check(dir.filePath("x.pt").toStdString(), {.deep = true}, progress, {}));
    QVERIFY(progress.total() > 0);
    QCOMPARE(progress.done(), progress.total());
}

QTEST_APPLESS_MAIN(TstCheck)
#include "tst_check.moc"
