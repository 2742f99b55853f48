// SPDX-License-Identifier: GPL-3.0-or-later
#include <limits>

#include <QtTest>

#include "base/byte_cursor.h"
#include "base/limits.h"
#include "zip/zip_reader.h"
#include "zip_golden.h"

using plimsoll::asText;
using plimsoll::Errc;
using plimsoll::ZipEntry;
using plimsoll::ZipReader;

Q_DECLARE_METATYPE(Errc)
Q_DECLARE_METATYPE(std::string)

namespace {

using Bytes = std::vector<std::byte>;
using Built = ZipBuilder::Built;

// Name and content of every member.
std::vector<std::pair<std::string, std::string>> contents(const Bytes& bytes) {
    std::vector<std::pair<std::string, std::string>> found;
    const auto zip = ZipReader::open(bytes);
    if (!zip) return found;
    for (const ZipEntry& entry : zip->entries()) {
        const auto content = zip->read(entry, kReadLimit);
        if (!content) return {};
        found.emplace_back(entry.name, asText(*content));
    }
    return found;
}

template <class T>
void poke(Built& built, std::size_t at, T value) {
    ZipBuilder::poke<T>(built.bytes, at, value);
}

}  // namespace

class TstZipReader : public QObject {
    Q_OBJECT

private slots:
    void readsTheGoldenArchive();
    void readsAnEmptyArchive();
    void findsManyNames();
    void findsNamesInAnyOrder_data();
    void findsNamesInAnyOrder();
    void truncatedAnywhere();
    void anyBitFlipped();
    void anyLengthField_data();
    void anyLengthField();
    void unreadableMembersStayListed_data();
    void unreadableMembersStayListed();
    void refusesBombsBeforeAllocating();
    void wrongSumCanStillBeLookedAt();
    void provesTorchPlacesOnly_data();
    void provesTorchPlacesOnly();
    void looksLikeZip_data();
    void looksLikeZip();
};

void TstZipReader::readsTheGoldenArchive() {
    const Built golden = goldenSpec().build();
    const auto zip = ZipReader::open(golden.bytes);
    QVERIFY2(zip, zip ? "" : zip.error().what.c_str());
    QCOMPARE(zip->entries().size(), std::size_t{5});
    const std::vector<std::string> expected = {"stored bytes", inflated(), "", "0123456789", "wide"};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const ZipEntry& entry = zip->entries()[i];
        QCOMPARE(entry.headerOffset, golden.local[i]);
        QCOMPARE(zip->find(entry.name), &entry);
        QVERIFY(!entry.provenDataOffset);
        const auto content = zip->read(entry, kReadLimit);
        QVERIFY2(content, content ? "" : content.error().what.c_str());
        QCOMPARE(std::string(asText(*content)), expected[i]);
    }
    const auto stored = zip->storedData(*zip->find("a/deflated"));
    QVERIFY(stored);
    QCOMPARE(std::string(asText(*stored)), kDeflated);
    QCOMPARE(zip->find("a/absent"), nullptr);
    QCOMPARE(zip->find(""), nullptr);
    QCOMPARE(zip->find("A/EMPTY"), nullptr);
}

void TstZipReader::readsAnEmptyArchive() {
    for (const bool zip64 : {false, true}) {
        ZipBuilder spec;
        spec.zip64End = zip64;
        spec.comment = "nothing in here";
        const Built built = spec.build();
        const auto zip = ZipReader::open(built.bytes);
        QVERIFY(zip);
        QVERIFY(zip->entries().empty());
        QCOMPARE(zip->find("x"), nullptr);
    }
}

void TstZipReader::findsManyNames() {
    ZipBuilder spec;
    for (int i = 0; i < 10'000; ++i) spec.members.push_back({.name = "n/" + std::to_string(i), .packed = ""});
    const Built built = spec.build();
    auto opened = ZipReader::open(built.bytes);
    QVERIFY(opened);
    const ZipReader zip = std::move(*opened);  // the index survives a move
    for (int i = 0; i < 10'000; ++i) {
        const std::string name = "n/" + std::to_string(i);
        const ZipEntry* entry = zip.find(name);
        QVERIFY(entry != nullptr);
        QCOMPARE(entry->name, std::string_view(name));
    }
    QCOMPARE(zip.find("n/10000"), nullptr);
}

void TstZipReader::findsNamesInAnyOrder_data() {
    QTest::addColumn<QStringList>("names");
    QTest::newRow("in order") << QStringList{"a", "b", "aa", "ab", "ba"};
    QTest::newRow("backwards") << QStringList{"ba", "ab", "aa", "b", "a"};
    QTest::newRow("ordered in the middle") << QStringList{"z", "a", "b", "c", "aa", "y", "x"};
    QTest::newRow("two ordered parts") << QStringList{"b", "d", "f", "a", "c", "e", "g"};
}

void TstZipReader::findsNamesInAnyOrder() {
    QFETCH(QStringList, names);
    ZipBuilder spec;
    for (const QString& name : names) spec.members.push_back({.name = name.toStdString(), .packed = ""});
    const Built built = spec.build();
    const auto zip = ZipReader::open(built.bytes);
    QVERIFY(zip);
    for (qsizetype i = 0; i < names.size(); ++i)
        QCOMPARE(zip->find(names[i].toStdString()), &zip->entries()[static_cast<std::size_t>(i)]);
    for (const char* absent : {"A", "bb", "zz", "aaa"}) QCOMPARE(zip->find(absent), nullptr);
    // Any name in any place a second time.
    for (const QString& again : names) {
        for (qsizetype place = 0; place <= names.size(); ++place) {
            ZipBuilder twice = spec;
            twice.members.insert(twice.members.begin() + place, {.name = again.toStdString(), .packed = ""});
            const Built flawed = twice.build();
            const auto refused = ZipReader::open(flawed.bytes);
            QVERIFY(!refused);
            QCOMPARE(refused.error().code, Errc::Corrupt);
        }
    }
}

void TstZipReader::truncatedAnywhere() {
    const Bytes golden = goldenSpec().build().bytes;
    for (std::size_t n = 0; n < golden.size(); ++n) {
        const Bytes cut(golden.begin(), golden.begin() + static_cast<std::ptrdiff_t>(n));  // so that ASan sees its end
        const auto zip = ZipReader::open(cut);
        QVERIFY2(!zip, std::to_string(n).c_str());
        QVERIFY(zip.error().code == Errc::Truncated || zip.error().code == Errc::Corrupt);
        QVERIFY(!zip.error().what.empty());
    }
}

void TstZipReader::anyBitFlipped() {
    const Bytes golden = goldenSpec().build().bytes;
    const auto expected = contents(golden);
    QCOMPARE(expected.size(), std::size_t{5});
    Bytes flipped = golden;
    for (std::size_t bit = 0; bit < golden.size() * 8; ++bit) {
        flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        // A flip is found or it changes nothing that anyone reads (dates, versions, attributes, a descriptor).
        if (!readAll(flipped)) QVERIFY2(contents(flipped) == expected, std::to_string(bit).c_str());
        flipped[bit / 8] = golden[bit / 8];
    }
}

void TstZipReader::anyLengthField_data() {
    QTest::addColumn<int>("at");
    QTest::addColumn<int>("width");
    const Built golden = goldenSpec().build();
    const auto row = [](const std::string& name, std::size_t at, int width) {
        QTest::newRow(name.c_str()) << static_cast<int>(at) << width;
    };
    for (std::size_t i = 0; i < golden.local.size(); ++i) {
        const std::string member = std::to_string(i);
        const std::size_t local = golden.local[i];
        const std::size_t directory = golden.directory[i];
        if (i != 3) {  // the fourth leaves its sizes to the descriptor
            row("local packed size " + member, local + 18, 4);
            row("local size " + member, local + 22, 4);
        }
        row("local name length " + member, local + 26, 2);
        row("local extra length " + member, local + 28, 2);
        row("packed size " + member, directory + 20, 4);
        row("size " + member, directory + 24, 4);
        row("name length " + member, directory + 28, 2);
        row("extra length " + member, directory + 30, 2);
        row("comment length " + member, directory + 32, 2);
        row("part " + member, directory + 34, 2);
        row("header offset " + member, directory + 42, 4);
    }
    row("zip64 record size", *golden.end64 + 4, 8);
    row("zip64 part", *golden.end64 + 16, 4);
    row("zip64 directory part", *golden.end64 + 20, 4);
    row("zip64 part entries", *golden.end64 + 24, 8);
    row("zip64 entries", *golden.end64 + 32, 8);
    row("zip64 directory size", *golden.end64 + 40, 8);
    row("zip64 directory offset", *golden.end64 + 48, 8);
    row("locator part", *golden.locator + 4, 4);
    row("locator offset", *golden.locator + 8, 8);
    row("part", golden.end + 4, 2);
    row("directory part", golden.end + 6, 2);
    row("part entries", golden.end + 8, 2);
    row("entries", golden.end + 10, 2);
    row("directory size", golden.end + 12, 4);
    row("directory offset", golden.end + 16, 4);
    row("comment length", golden.end + 20, 2);
}

void TstZipReader::anyLengthField() {
    QFETCH(const int, at);
    QFETCH(const int, width);
    const Bytes golden = goldenSpec().build().bytes;
    QVERIFY(!readAll(golden));
    const auto expected = contents(golden);
    std::uint64_t value = 0;
    std::memcpy(&value, golden.data() + at, static_cast<std::size_t>(width));
    const std::uint64_t mask = std::numeric_limits<std::uint64_t>::max() >> (64 - 8 * width);
    for (const std::uint64_t wrong : {value + 1, value - 1, mask, mask >> 1, std::uint64_t{0}}) {
        if ((wrong & mask) == value) continue;
        Bytes changed = golden;
        std::memcpy(changed.data() + at, &wrong, static_cast<std::size_t>(width));
        // Two values are right as well: "see zip64" where zip64 agrees.
        if (!readAll(changed)) {
            QCOMPARE(wrong & mask, mask);
            QVERIFY(contents(changed) == expected);
        }
    }
}

void TstZipReader::unreadableMembersStayListed_data() {
    QTest::addColumn<int>("flags");
    QTest::addColumn<int>("method");
    QTest::addColumn<quint32>("attributes");
    QTest::addColumn<QByteArray>("words");
    QTest::newRow("encrypted") << 0x0001 << 0 << quint32{0} << QByteArray("encrypted");
    QTest::newRow("patched") << 0x0020 << 0 << quint32{0} << QByteArray("encrypted or patched");
    QTest::newRow("strongly encrypted") << 0x0041 << 0 << quint32{0} << QByteArray("encrypted");
    QTest::newRow("masked") << 0x2000 << 0 << quint32{0} << QByteArray("encrypted");
    QTest::newRow("bzip2") << 0 << 12 << quint32{0} << QByteArray("method 12");
    QTest::newRow("AES") << 0 << 99 << quint32{0} << QByteArray("method 99");
    QTest::newRow("symbolic link") << 0 << 0 << quint32{0xa1ff0000} << QByteArray("symbolic link");
}

void TstZipReader::unreadableMembersStayListed() {
    QFETCH(const int, flags);
    QFETCH(const int, method);
    QFETCH(const quint32, attributes);
    QFETCH(const QByteArray, words);
    ZipBuilder spec;
    spec.members = {{.name = "odd",
                     .packed = "something",
                     .method = static_cast<std::uint16_t>(method),
                     .flags = static_cast<std::uint16_t>(flags),
                     .madeBy = 3 << 8,
                     .externalAttributes = attributes},
                    {.name = "fine", .packed = "fine"}};
    const Built built = spec.build();
    const auto zip = ZipReader::open(built.bytes);
    QVERIFY(zip);
    QVERIFY(zip->read(*zip->find("fine"), kReadLimit));
    const auto odd = zip->read(*zip->find("odd"), kReadLimit);
    QVERIFY(!odd);
    QCOMPARE(odd.error().code, Errc::Unsupported);
    QVERIFY2(odd.error().what.find(words.toStdString()) != std::string::npos, odd.error().what.c_str());
}

void TstZipReader::refusesBombsBeforeAllocating() {
    ZipBuilder spec = goldenSpec();
    Built built = spec.build();
    const std::uint32_t claimed = 0xfffffffe;
    poke(built, built.directory[1] + 24, claimed);
    poke(built, built.local[1] + 22, claimed);
    const auto zip = ZipReader::open(built.bytes);
    QVERIFY(zip);
    const ZipEntry& bomb = *zip->find("a/deflated");
    QCOMPARE(zip->read(bomb, kReadLimit).error().code, Errc::OverLimit);
    // Within the caller's limit, but more than deflate can make of so few bytes.
    const auto lie = zip->read(bomb, std::numeric_limits<std::uint64_t>::max());
    QVERIFY(!lie);
    QCOMPARE(lie.error().code, Errc::Corrupt);
    QVERIFY2(lie.error().what.find("cannot inflate from 14 to 4294967294") != std::string::npos,
             lie.error().what.c_str());
    QVERIFY(zip->read(*zip->find("a/data.pkl"), 12));
    QCOMPARE(zip->read(*zip->find("a/data.pkl"), 11).error().code, Errc::OverLimit);
}

void TstZipReader::wrongSumCanStillBeLookedAt() {
    ZipBuilder spec = goldenSpec();
    spec.members[0].crc = 1;
    spec.members[1].crc = 1;
    const Built built = spec.build();
    const auto zip = ZipReader::open(built.bytes);
    QVERIFY(zip);
    const std::vector<std::string> expected = {"stored bytes", inflated()};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const ZipEntry& entry = zip->entries()[i];
        QCOMPARE(zip->read(entry, kReadLimit).error().code, Errc::Corrupt);
        auto content = zip->content(entry, kReadLimit);
        QVERIFY(content);
        const auto moved = std::move(*content);
        QCOMPARE(std::string(asText(moved.bytes)), expected[i]);
        QCOMPARE(moved.crc32, ZipBuilder::crcByBits(moved.bytes));
        QVERIFY(moved.crc32 != entry.crc32);
    }
}

void TstZipReader::provesTorchPlacesOnly_data() {
    QTest::addColumn<std::string>("extra");
    QTest::addColumn<std::string>("descriptor");
    QTest::addColumn<std::string>("alignment");
    QTest::addColumn<bool>("proven");
    // 'm/x' has a header of 33 bytes; torch's padding field of 31 bytes brings the data to byte 64.
    const std::string padding = unhex("46421b00") + std::string(27, 'Z');
    QTest::newRow("as torch writes it") << padding << std::string(16, 'd') << std::string() << true;
    QTest::newRow("without descriptor") << padding << std::string() << std::string() << true;
    QTest::newRow("descriptor without signature") << padding << std::string(12, 'd') << std::string() << false;
    QTest::newRow("zip64 descriptor on a small member") << padding << std::string(24, 'd') << std::string() << false;
    QTest::newRow("no padding") << std::string() << std::string(16, 'd') << std::string() << false;
    QTest::newRow("one byte less") << padding.substr(0, 30) << std::string(16, 'd') << std::string() << false;
    QTest::newRow("one byte more") << padding + 'Z' << std::string(16, 'd') << std::string() << false;
    QTest::newRow("other alignment, unsaid")
        << padding + std::string(64, 'Z') << std::string() << std::string() << false;
    QTest::newRow("other alignment, said")
        << padding + std::string(64, 'Z') << std::string() << std::string("128") << true;
    QTest::newRow("alignment 1") << unhex("46420000") << std::string() << std::string("1") << true;
    QTest::newRow("alignment 0") << padding << std::string() << std::string("0") << true;           // falls back to 64
    QTest::newRow("alignment no number") << padding << std::string() << std::string("6x") << true;  // the same
    QTest::newRow("alignment too long") << padding << std::string() << std::string(30, '1') << true;
}

void TstZipReader::provesTorchPlacesOnly() {
    QFETCH(const std::string, extra);
    QFETCH(const std::string, descriptor);
    QFETCH(const std::string, alignment);
    QFETCH(const bool, proven);
    ZipBuilder spec;
    spec.members = {{.name = "m/x",
                     .packed = "0123456789",
                     .flags = static_cast<std::uint16_t>(descriptor.empty() ? 0 : 8),
                     .localExtra = extra,
                     .descriptor = descriptor}};
    if (!alignment.empty()) spec.members.push_back({.name = "m/.storage_alignment", .packed = alignment});
    const Built built = spec.build();
    const auto zip = ZipReader::open(built.bytes);
    QVERIFY(zip);
    const ZipEntry& entry = zip->entries()[0];
    QCOMPARE(entry.provenDataOffset.has_value(), proven);
    const auto read = zip->dataOffset(entry);
    QVERIFY(read);
    QCOMPARE(*read, 30 + 3 + extra.size());
    if (proven) QCOMPARE(*entry.provenDataOffset, *read);
}

void TstZipReader::looksLikeZip_data() {
    QTest::addColumn<std::string>("bytes");
    QTest::addColumn<bool>("like");
    const Built golden = goldenSpec().build();
    const std::string archive(asText(golden.bytes));
    QTest::newRow("archive") << archive << true;
    QTest::newRow("cut archive") << archive.substr(0, 100) << true;
    QTest::newRow("data before it") << "junk" + archive << true;
    QTest::newRow("empty archive") << unhex("504b0506000000000000000000000000000000000000") << true;
    QTest::newRow("nothing") << std::string() << false;
    QTest::newRow("three bytes") << std::string("PK\x03") << false;
    QTest::newRow("text") << std::string("PK is not enough for a zip archive") << false;
}

void TstZipReader::looksLikeZip() {
    QFETCH(const std::string, bytes);
    QFETCH(const bool, like);
    QCOMPARE(ZipReader::looksLikeZip(plimsoll::asBytes(bytes)), like);
}

QTEST_APPLESS_MAIN(TstZipReader)
#include "tst_zip_reader.moc"
