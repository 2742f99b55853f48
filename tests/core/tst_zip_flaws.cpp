// SPDX-License-Identifier: GPL-3.0-or-later
// One named flaw per row, the error that it has to give, and words of its text.
#include <functional>

#include <QtTest>

#include "base/byte_cursor.h"
#include "zip_golden.h"

using plimsoll::asText;
using plimsoll::Errc;

using Bytes = std::vector<std::byte>;
using Built = ZipBuilder::Built;
using Flaw = std::function<void(Built&)>;

Q_DECLARE_METATYPE(Errc)
Q_DECLARE_METATYPE(ZipBuilder)
Q_DECLARE_METATYPE(Flaw)

namespace {

template <class T>
void poke(Built& built, std::size_t at, T value) {
    ZipBuilder::poke<T>(built.bytes, at, value);
}

const Flaw kNone = [](Built&) {};

}  // namespace

class TstZipFlaws : public QObject {
    Q_OBJECT

private slots:
    void endRecords_data();
    void endRecords();
    void directory_data();
    void directory();
    void members_data();
    void members();

private:
    static void addColumns();
    static void addRow(const char* name, Errc code, const char* words, const Flaw& flaw,
                       const std::function<void(ZipBuilder&)>& change = {});
    static void check();
};
void TstZipFlaws::addColumns() {
    QTest::addColumn<ZipBuilder>("spec");
    QTest::addColumn<Flaw>("flaw");
    QTest::addColumn<Errc>("code");
    QTest::addColumn<QByteArray>("words");
}

void TstZipFlaws::addRow(const char* name, Errc code, const char* words, const Flaw& flaw,
                         const std::function<void(ZipBuilder&)>& change) {
    ZipBuilder spec = goldenSpec();
    spec.zip64End = false;
    if (change) change(spec);
    QTest::newRow(name) << spec << flaw << code << QByteArray(words);
}

void TstZipFlaws::check() {
    QFETCH(const ZipBuilder, spec);
    QFETCH(const Flaw, flaw);
    QFETCH(const Errc, code);
    QFETCH(const QByteArray, words);
    Built built = spec.build();
    flaw(built);
    const auto error = readAll(built.bytes);
    QVERIFY(error.has_value());
    QVERIFY2(error->what.find(words.toStdString()) != std::string::npos, error->what.c_str());
    QCOMPARE(error->code, code);
    QVERIFY(error->offset <= built.bytes.size());
}

void TstZipFlaws::endRecords_data() {
    addColumns();
    addRow("no bytes", Errc::Truncated, "no zip end record in the last 0 bytes", [](Built& b) { b.bytes.clear(); });
    addRow("only zeros", Errc::Truncated, "no zip end record", [](Built& b) { b.bytes.assign(100'000, std::byte{0}); });
    addRow("junk after the end", Errc::Corrupt, "3 bytes follow the zip end record",
           [](Built& b) { b.bytes.insert(b.bytes.end(), 3, std::byte{1}); });
    addRow("junk after the search window", Errc::Truncated, "no zip end record in the last 65557 bytes",
           [](Built& b) { b.bytes.insert(b.bytes.end(), 70'000, std::byte{1}); });
    addRow("junk before, offsets as they were", Errc::Corrupt, "was data put before",
           [](Built& b) { b.bytes.insert(b.bytes.begin(), 7, std::byte{1}); });
    addRow("junk before, offsets shifted", Errc::Corrupt, "7 bytes before the first member", [](Built& b) {
        b.bytes.insert(b.bytes.begin(), 7, std::byte{1});
        for (std::size_t i = 0; i < b.local.size(); ++i)
            poke(b, b.directory[i] + 7 + 42, static_cast<std::uint32_t>(b.local[i] + 7));
        poke(b, b.end + 7 + 16, static_cast<std::uint32_t>(b.directory[0] + 7));
    });
    addRow("gap before the end record", Errc::Corrupt, "the directory ends at byte",
           [](Built& b) { b.bytes.insert(b.bytes.begin() + static_cast<std::ptrdiff_t>(b.end), 5, std::byte{1}); });
    addRow("end record inside the comment", Errc::Corrupt, "two end records", kNone, [](ZipBuilder& z) {
        ZipBuilder inner;
        const Bytes innerBytes = inner.build().bytes;
        z.comment = std::string(asText(innerBytes));
    });
    addRow("one entry fewer", Errc::Corrupt, "the directory goes on", [](Built& b) {
        poke(b, b.end + 8, std::uint16_t{4});
        poke(b, b.end + 10, std::uint16_t{4});
    });
    addRow("more entries than fit", Errc::Corrupt, "holds at most", [](Built& b) {
        poke(b, b.end + 8, std::uint16_t{500});
        poke(b, b.end + 10, std::uint16_t{500});
    });
    addRow("two parts", Errc::Unsupported, "several parts", [](Built& b) { poke(b, b.end + 4, std::uint16_t{1}); });
    addRow("zip64 values without zip64", Errc::Corrupt, "does not fit before it", [](Built& b) {
        poke(b, b.end + 12, std::uint32_t{0xffffffff});
        poke(b, b.end + 16, std::uint32_t{0xffffffff});
    });
}

void TstZipFlaws::endRecords() {
    check();
}

void TstZipFlaws::directory_data() {
    addColumns();
    addRow("member in another part", Errc::Unsupported, "another part",
           [](Built& b) { poke(b, b.directory[1] + 34, std::uint16_t{1}); });
    addRow("directory signature", Errc::Corrupt, "member 2 of 5: no directory entry here",
           [](Built& b) { poke(b, b.directory[1], std::uint16_t{0}); });
    addRow("name twice", Errc::Corrupt, "two members have the name 'a/empty'", kNone,
           [](ZipBuilder& z) { z.members[3].name = "a/empty"; });
    addRow("header twice", Errc::Corrupt, "overlaps",
           [](Built& b) { poke(b, b.directory[1] + 42, static_cast<std::uint32_t>(b.local[2])); });
    addRow("member over the next", Errc::Corrupt, "overlaps 'a/deflated'", [](Built& b) {
        poke(b, b.directory[0] + 20, std::uint32_t{60});
        poke(b, b.directory[0] + 24, std::uint32_t{60});
    });
    addRow("member over the directory", Errc::OutOfBounds, "beyond the", [](Built& b) {
        poke(b, b.directory[4] + 20, std::uint32_t{100});
        poke(b, b.directory[4] + 24, std::uint32_t{100});
    });
    addRow("header in the directory", Errc::OutOfBounds, "beyond the",
           [](Built& b) { poke(b, b.directory[4] + 42, static_cast<std::uint32_t>(b.directory[0])); });
    addRow("stored with two sizes", Errc::Corrupt, "is stored, yet has 12 bytes packed and 13 unpacked",
           [](Built& b) { poke(b, b.directory[0] + 24, std::uint32_t{13}); });
    addRow("no name", Errc::Corrupt, "without a name", kNone, [](ZipBuilder& z) { z.members[2].name.clear(); });
    addRow("NUL in a name", Errc::Corrupt, "'a/b\\x00c' holds a NUL", kNone,
           [](ZipBuilder& z) { z.members[2].name = std::string("a/b\0c", 5); });
    addRow("not UTF-8", Errc::Corrupt, "flagged as UTF-8", kNone, [](ZipBuilder& z) { z.members[2].name = "a/\xff"; });
    addRow("zip64 field missing", Errc::Corrupt, "needs a zip64 field",
           [](Built& b) { poke(b, b.directory[2] + 42, std::uint32_t{0xffffffff}); });
    addRow(
        "zip64 field too short", Errc::Truncated, "member 3 of 5: needs 8 bytes",
        [](Built& b) { poke(b, b.directory[2] + 42, std::uint32_t{0xffffffff}); },
        [](ZipBuilder& z) { z.members[2].directoryExtra = unhex("01000400aabbccdd"); });
    addRow(
        "zip64 sum wraps", Errc::OutOfBounds, "beyond the",
        [](Built& b) {
            poke(b, b.directory[2] + 20, std::uint32_t{0xffffffff});
            poke(b, b.directory[2] + 24, std::uint32_t{0xffffffff});
        },
        [](ZipBuilder& z) { z.members[2].directoryExtra = unhex("01001000f0fffffffffffffff0ffffffffffffff"); });
}

void TstZipFlaws::directory() {
    check();
}

void TstZipFlaws::members_data() {
    addColumns();
    addRow("local signature", Errc::Corrupt, "no local header of 'a/deflated'",
           [](Built& b) { poke(b, b.local[1], std::uint16_t{0}); });
    addRow("local name", Errc::Corrupt, "the local header names 'a/date.pkl'",
           [](Built& b) { poke(b, b.local[0] + 30 + 5, std::uint8_t{'e'}); });
    addRow("local method", Errc::Corrupt, "says method 8", [](Built& b) { poke(b, b.local[0] + 8, std::uint16_t{8}); });
    addRow("local encryption", Errc::Corrupt, "says flags 1",
           [](Built& b) { poke(b, b.local[0] + 6, std::uint16_t{1}); });
    addRow("size beside a descriptor", Errc::Corrupt, "says packed size 9",
           [](Built& b) { poke(b, b.local[3] + 18, std::uint32_t{9}); });
    addRow("wrong sum", Errc::Corrupt, "'a/data.pkl' has CRC-32 0x",
           [](Built& b) { poke(b, b.directory[0] + 16, std::uint32_t{5}); });
    addRow("wrong byte", Errc::Corrupt, "the directory says 0x",
           [](Built& b) { poke(b, b.local[0] + 30 + 10, std::uint8_t{0}); });
    addRow("not deflated", Errc::Corrupt, "no valid deflate data",
           [](Built& b) { poke(b, b.local[1] + 30 + 10, std::uint8_t{0xff}); });
    addRow("inflates to more", Errc::Corrupt, "inflates to more than the 179 bytes", [](Built& b) {
        poke(b, b.directory[1] + 24, std::uint32_t{179});
        poke(b, b.local[1] + 22, std::uint32_t{179});
    });
    addRow("inflates to less", Errc::Corrupt, "to 180 bytes", [](Built& b) {
        poke(b, b.directory[1] + 24, std::uint32_t{181});
        poke(b, b.local[1] + 22, std::uint32_t{181});
    });
    addRow("bytes after the deflate stream", Errc::Corrupt, "inflates from", kNone,
           [](ZipBuilder& z) { z.members[1].packed += "xy"; });
}

void TstZipFlaws::members() {
    check();
}

QTEST_APPLESS_MAIN(TstZipFlaws)
#include "tst_zip_flaws.moc"
