// SPDX-License-Identifier: GPL-3.0-or-later
#include <QFile>
#include <QTemporaryDir>
#include <array>
#include <cstring>
#include <string>

#include "checkpoint/tensor_reader.h"
#include "formats/registry.h"
#include "peer.h"

using namespace plimsoll;

namespace {

// Builds GGUF bytes field by field, in either byte order.
class GgufBuilder {
public:
    explicit GgufBuilder(bool bigEndian = false) : bigEndian_(bigEndian) {}

    template <class T>
    GgufBuilder& number(T value) {
        std::array<char, sizeof(T)> raw{};
        std::memcpy(raw.data(), &value, sizeof(T));
        if (bigEndian_) std::reverse(raw.begin(), raw.end());
        bytes_.append(raw.data(), raw.size());
        return *this;
    }
    GgufBuilder& text(const std::string& value) {
        number(static_cast<std::uint64_t>(value.size()));
        bytes_.append(value.data(), static_cast<qsizetype>(value.size()));
        return *this;
    }
    GgufBuilder& header(std::uint64_t tensors, std::uint64_t pairs, std::uint32_t version = 3) {
        bytes_.append("GGUF");
        return number(version).number(tensors).number(pairs);
    }
    GgufBuilder& tensor(const std::string& name, const std::vector<std::uint64_t>& ne, std::uint32_t type,
                        std::uint64_t offset) {
        text(name).number(static_cast<std::uint32_t>(ne.size()));
        for (const auto n : ne) number(n);
        return number(type).number(offset);
    }
    GgufBuilder& alignTo(qsizetype alignment) {
        while (bytes_.size() % alignment != 0) bytes_.append('\0');
        return *this;
    }
    GgufBuilder& data(qsizetype bytes) {
        for (qsizetype i = 0; i < bytes; ++i) bytes_.append(static_cast<char>(i));
        return *this;
    }
    [[nodiscard]] QByteArray bytes() const { return bytes_; }

private:
    bool bigEndian_;
    QByteArray bytes_;
};

constexpr std::uint32_t kU32 = 4;
constexpr std::uint32_t kString = 8;
constexpr std::uint32_t kF32 = 0;
constexpr std::uint32_t kQ8 = 8;

// One f32 [2, 3], one Q8_0 [1, 32], a string and an alignment.
QByteArray goodFile(bool bigEndian = false) {
    GgufBuilder file(bigEndian);
    file.header(2, 2);
    file.text("general.architecture").number(kString).text("test");
    file.text("general.alignment").number(kU32).number(std::uint32_t{64});
    file.tensor("a", {3, 2}, kF32, 0).tensor("b", {32, 1}, kQ8, 64);
    return file.alignTo(64).data(24).alignTo(64).data(34).bytes();
}

}  // namespace

class TstFormatsGguf : public QObject {
    Q_OBJECT
private slots:
    void opens_data();
    void opens();
    void warns_data();
    void warns();
    void cutAnywhere();
    void everyFlaw_data();
    void everyFlaw();

private:
    Result<std::shared_ptr<const Checkpoint>> openBytes(const QByteArray& bytes) {
        const QString path = dir_.filePath("model.gguf");
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("cannot write %s", qPrintable(path));
        file.close();
        return openCheckpoint(path.toStdString());
    }
    QTemporaryDir dir_;
};

void TstFormatsGguf::opens_data() {
    QTest::addColumn<bool>("bigEndian");
    QTest::newRow("little-endian") << false;
    QTest::newRow("big-endian") << true;
}

void TstFormatsGguf::opens() {
    QFETCH(bool, bigEndian);
    const auto opened = openBytes(goodFile(bigEndian));
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    const auto& checkpoint = **opened;
    QCOMPARE(checkpoint.format, Format::Gguf);
    QCOMPARE(checkpoint.warnings.size(), std::size_t{0});
    const auto architecture = checkpoint.values.find(checkpoint.values.root(), "general.architecture");
    QVERIFY(architecture);
    QCOMPARE(checkpoint.values.text(*architecture), std::string_view("test"));

    const TensorTable& table = checkpoint.tensors;
    QCOMPARE(table.size(), std::size_t{2});
    QCOMPARE(table.dtypeName(TensorId(1)), std::string_view("Q8_0"));
    QCOMPARE(table.nbytes(TensorId(1)), std::uint64_t{34});
    const auto shape = table.shape(TensorId(0));
    QVERIFY(std::ranges::equal(shape, std::array<std::uint64_t, 2>{2, 3}));
    QCOMPARE(*table.fileOffset(TensorId(0)) % 64, std::uint64_t{0});

    std::array<std::byte, 24> values{};
    QVERIFY(TensorReader(*opened).readElements(TensorId(0), 0, values));
    QCOMPARE(std::to_integer<int>(values[4]), bigEndian ? 7 : 4);
}

void TstFormatsGguf::warns_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("word");
    QTest::newRow("key not UTF-8") << GgufBuilder().header(0, 1).text("k\xff").number(kString).text("v").bytes()
                                   << "UTF-8";
    QTest::newRow("name not UTF-8")
        << GgufBuilder().header(1, 0).tensor("a\xff", {1}, kF32, 0).alignTo(32).data(32).bytes() << "UTF-8";
    QTest::newRow("text not UTF-8") << GgufBuilder().header(0, 1).text("k").number(kString).text("v\xff").bytes()
                                    << "1 texts of the metadata are not UTF-8";
    QTest::newRow("a count of parts in words")
        << GgufBuilder().header(0, 1).text("split.count").number(kString).text("two").bytes()
        << "split.count is 'two' (expected a number)";
    QTest::newRow("part of a split model")
        << GgufBuilder().header(0, 1).text("split.count").number(std::uint32_t{2}).number(std::uint16_t{3}).bytes()
        << "split into 3 files";
    QTest::newRow("data out of order")
        << GgufBuilder().header(2, 0).tensor("a", {1}, kF32, 32).tensor("b", {1}, kF32, 0).alignTo(32).data(64).bytes()
        << "order";
    QTest::newRow("gap before a tensor")
        << GgufBuilder().header(2, 0).tensor("a", {1}, kF32, 0).tensor("b", {1}, kF32, 96).alignTo(32).data(128).bytes()
        << "64 bytes before tensor 'b'";
    QTest::newRow("gap before the first tensor")
        << GgufBuilder().header(1, 0).tensor("a", {1}, kF32, 32).alignTo(32).data(64).bytes()
        << "32 bytes before tensor 'a'";
    QTest::newRow("bytes behind the last tensor")
        << GgufBuilder().header(1, 0).tensor("a", {1}, kF32, 0).alignTo(32).data(33).bytes()
        << "1 bytes follow the last tensor, at byte";
}

void TstFormatsGguf::warns() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, word);
    const auto opened = openBytes(bytes);
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    QCOMPARE((*opened)->warnings.size(), std::size_t{1});
    QVERIFY(QString::fromStdString((*opened)->warnings.front()).contains(word));
}

void TstFormatsGguf::cutAnywhere() {
    const QByteArray whole = goodFile();
    for (qsizetype n = 0; n < whole.size(); ++n) QVERIFY2(!openBytes(whole.first(n)), qPrintable(QString::number(n)));
}

void TstFormatsGguf::everyFlaw_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("code");
    const auto row = [](const char* name, const GgufBuilder& file, Errc code) {
        QTest::newRow(name) << file.bytes() << static_cast<int>(code);
    };
    constexpr auto kMax = ~std::uint64_t{0};
    row("version 4", GgufBuilder().header(0, 0, 4), Errc::Unsupported);
    row("2^64-1 tensors", GgufBuilder().header(kMax, 0), Errc::Truncated);
    row("2^64-1 pairs", GgufBuilder().header(0, kMax), Errc::Truncated);
    row("key of 2^64-1 bytes", GgufBuilder().header(0, 1).number(kMax).data(30), Errc::Truncated);
    row("value type 13", GgufBuilder().header(0, 1).text("k").number(std::uint32_t{13}).data(8), Errc::Corrupt);
    row("key twice", GgufBuilder().header(0, 2).text("k").number(kString).text("v").text("k").number(kString).text("v"),
        Errc::Corrupt);
    row("alignment 0", GgufBuilder().header(0, 1).text("general.alignment").number(kU32).number(std::uint32_t{0}),
        Errc::Corrupt);
    row("alignment 13", GgufBuilder().header(0, 1).text("general.alignment").number(kU32).number(std::uint32_t{13}),
        Errc::Corrupt);
    row("array of 2^61 items",
        GgufBuilder()
            .header(0, 1)
            .text("k")
            .number(std::uint32_t{9})
            .number(std::uint32_t{12})
            .number(kMax / 8)
            .data(16),
        Errc::Truncated);
    row("5 dimensions", GgufBuilder().header(1, 0).tensor("a", {1, 1, 1, 1, 1}, kF32, 0), Errc::Corrupt);
    row("removed type", GgufBuilder().header(1, 0).tensor("a", {1}, 4, 0), Errc::Unsupported);
    row("part of a block", GgufBuilder().header(1, 0).tensor("a", {33}, kQ8, 0), Errc::Corrupt);
    row("shape wraps", GgufBuilder().header(1, 0).tensor("a", {1ULL << 32, 1ULL << 32}, kF32, 0), Errc::Overflow);
    row("offset not aligned", GgufBuilder().header(1, 0).tensor("a", {1}, kF32, 4).data(64), Errc::Corrupt);
    row("name twice",
        GgufBuilder().header(2, 0).tensor("a", {1}, kF32, 0).tensor("a", {1}, kF32, 32).alignTo(32).data(64),
        Errc::Corrupt);
    row("overlap", GgufBuilder().header(2, 0).tensor("a", {1}, kF32, 0).tensor("b", {1}, kF32, 0).alignTo(32).data(64),
        Errc::Corrupt);
    row("no data", GgufBuilder().header(1, 0).tensor("a", {8}, kF32, 0), Errc::Truncated);
}

void TstFormatsGguf::everyFlaw() {
    QFETCH(QByteArray, bytes);
    QFETCH(int, code);
    const auto opened = openBytes(bytes);
    QVERIFY(!opened);
    QCOMPARE(static_cast<int>(opened.error().code), code);
    QVERIFY(opened.error().offset != kNoOffset);
}

QTEST_GUILESS_MAIN(TstFormatsGguf)
#include "tst_formats_gguf.moc"
