// SPDX-License-Identifier: GPL-3.0-or-later
#include <QFile>
#include <QTemporaryDir>
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <hwy/targets.h>

#include "peer.h"
#include "tensor/cast.h"

using namespace plimsoll;

namespace {

using Bytes = std::vector<std::byte>;

// torch's vector loops take over from whole vectors on; a multiple of this leaves no scalar end.
constexpr std::size_t kWholeVectors = 4096;

constexpr std::size_t kRandomValues = 2'500'000;

const std::vector<DType> kSources{DType::F64,         DType::F32,         DType::F16,
                                  DType::BF16,        DType::F8_E4M3FN,   DType::F8_E5M2,
                                  DType::F8_E4M3FNUZ, DType::F8_E5M2FNUZ, DType::F8_E8M0FNU};
const std::vector<DType> kTargets{DType::F64, DType::F32, DType::F16, DType::BF16, DType::F8_E4M3FN, DType::F8_E5M2};

QString torchText(DType dtype) {
    const auto name = torchName(dtype);
    return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

template <class T>
Bytes pack(std::vector<T> values) {
    while (values.size() % kWholeVectors != 0) values.push_back(values[values.size() % 97]);
    Bytes bytes(values.size() * sizeof(T));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

// Every upper half (sign, exponent, upper fraction) with the lower halves at which roundings to f16, bf16 and 8 bits
// turn.
Bytes f32Values() {
    std::vector<std::uint32_t> values;
    for (std::uint32_t upper = 0; upper < 0x10000U; ++upper) {
        for (const std::uint32_t lower :
             {0x0000U, 0x0001U, 0x0FFFU, 0x1000U, 0x1001U, 0x2000U, 0x3000U, 0x7FFFU, 0x8000U, 0x8001U, 0xFFFFU})
            values.push_back((upper << 16U) | lower);
    }
    std::mt19937 random(20'240'229);
    for (std::size_t i = 0; i < kRandomValues; ++i) values.push_back(static_cast<std::uint32_t>(random()));
    return pack(values);
}

// Random patterns, all upper quarters, and the neighbourhood of f32 values and of the middles between them.
Bytes f64Values() {
    std::vector<std::uint64_t> values;
    for (std::uint64_t upper = 0; upper < 0x10000U; ++upper) {
        for (const std::uint64_t lower : {0x0ULL, 0x1ULL, 0x10000000ULL, 0x10000001ULL, 0x20000000ULL, 0x30000000ULL,
                                          0x20000000000ULL, 0x20000000001ULL, 0x800000000000ULL, 0xFFFFFFFFFFFFULL})
            values.push_back((upper << 48U) | lower);
    }
    std::mt19937_64 random(20'240'229);
    for (std::size_t i = 0; i < kRandomValues; ++i) values.push_back(random());
    for (std::size_t i = 0; i < kRandomValues / 4; ++i) {
        const auto single = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
        const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(single));
        for (const std::uint64_t step : {0x0FFFFFFFULL, 0x10000000ULL, 0x10000001ULL}) values.push_back(bits + step);
    }
    return pack(values);
}

Bytes valuesOf(DType dtype) {
    if (dtype == DType::F32) return f32Values();
    if (dtype == DType::F64) return f64Values();
    if (bitWidth(dtype) == 16) {
        std::vector<std::uint16_t> all(0x10000);
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
        return pack(all);
    }
    std::vector<std::uint8_t> all(0x100);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
    return pack(all);
}

Bytes converted(DType from, const Bytes& source, DType to) {
    Bytes target(source.size() / (bitWidth(from) / 8) * (bitWidth(to) / 8));
    const auto result = castElements(from, source, to, target);
    return result ? target : Bytes();
}

QByteArray hexOf(const Bytes& bytes, std::size_t element, std::size_t width) {
    QByteArray big(reinterpret_cast<const char*>(bytes.data() + element * width), static_cast<qsizetype>(width));
    std::reverse(big.begin(), big.end());
    return big.toHex();
}

// Runs the body once for every instruction set that this machine and this build have.
template <class Body>
void onEveryInstructionSet(const Body& body) {
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        hwy::SetSupportedTargetsForTest(target);
        body(QByteArray(hwy::TargetName(target)));
        if (QTest::currentTestFailed()) break;
    }
    hwy::SetSupportedTargetsForTest(0);
}

constexpr auto kPeer = R"(
import sys, torch
torch.set_num_threads(1)  # chunks of several threads end off vector boundaries
folder, names = sys.argv[1], sys.argv[2:]
split = names.index('to')
for s in names[:split]:
    source = torch.frombuffer(bytearray(open(f'{folder}/{s}', 'rb').read()), dtype=getattr(torch, s))
    for t in names[split + 1:]:
        if s == t: continue
        raw = source.to(getattr(torch, t)).view(torch.uint8).numpy()
        raw.tofile(f'{folder}/{s}-{t}')
print(torch.backends.cpu.get_cpu_capability())
)";

}  // namespace

class TstCast : public QObject {
    Q_OBJECT
private slots:
    void initTestCase();
    void sameBitsAsTorch_data();
    void sameBitsAsTorch();
    void everyLengthAndAlignment_data();
    void everyLengthAndAlignment();
    void equalTypesCopy();
    void refuses();
    void swapsBytes_data();
    void swapsBytes();

private:
    QTemporaryDir folder_;
    bool torchIsVectorized_ = false;
};

void TstCast::initTestCase() {
    if (peerPython().isEmpty()) return;
    QVERIFY(folder_.isValid());
    QStringList arguments{folder_.path()};
    for (const DType dtype : kSources) {
        QFile file(folder_.filePath(torchText(dtype)));
        QVERIFY(file.open(QIODevice::WriteOnly));
        const Bytes bytes = valuesOf(dtype);
        const auto size = static_cast<qint64>(bytes.size());
        QCOMPARE(file.write(reinterpret_cast<const char*>(bytes.data()), size), size);
        arguments << torchText(dtype);
    }
    arguments << QStringLiteral("to");
    for (const DType dtype : kTargets) arguments << torchText(dtype);
    const ProcessResult peer = runPeer(QString::fromUtf8(kPeer), arguments);
    QVERIFY2(peer.exitCode == 0, peer.err.constData());
    torchIsVectorized_ = peer.out.trimmed() == "AVX2" || peer.out.trimmed() == "AVX512";
}

void TstCast::sameBitsAsTorch_data() {
    QTest::addColumn<int>("from");
    QTest::addColumn<int>("to");
    for (const DType from : kSources) {
        for (const DType to : kTargets) {
            if (from != to)
                QTest::addRow("%s to %s", shortName(from).data(), shortName(to).data())
                    << static_cast<int>(from) << static_cast<int>(to);
        }
    }
}

void TstCast::sameBitsAsTorch() {
    NEEDS_PEER();
    if (!torchIsVectorized_) QSKIP("torch has no vector loops on this machine: its NaN patterns are others");
    QFETCH(int, from);
    QFETCH(int, to);
    const auto source = static_cast<DType>(from);
    const auto target = static_cast<DType>(to);
    QVERIFY(canCast(source, target));
    QFile file(folder_.filePath(torchText(source) + '-' + torchText(target)));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray expected = file.readAll();
    const Bytes values = valuesOf(source);
    onEveryInstructionSet([&](const QByteArray& set) {
        const Bytes actual = converted(source, values, target);
        QCOMPARE(static_cast<qsizetype>(actual.size()), expected.size());
        if (std::memcmp(actual.data(), expected.constData(), actual.size()) == 0) return;
        const std::size_t width = bitWidth(target) / 8;
        Bytes wanted(actual.size());
        std::memcpy(wanted.data(), expected.constData(), wanted.size());
        std::size_t i = 0;
        while (std::equal(&actual[i * width], &actual[i * width] + width, &wanted[i * width])) ++i;
        const QByteArray text = set + ": element " + QByteArray::number(static_cast<qulonglong>(i)) + ", " +
                                hexOf(values, i, bitWidth(source) / 8) + " becomes " + hexOf(actual, i, width) +
                                ", torch gives " + hexOf(wanted, i, width);
        QFAIL(text.constData());
    });
}

void TstCast::everyLengthAndAlignment_data() {
    sameBitsAsTorch_data();
}

// The ends that fill no vector get the bits that they would get inside one, at any address, and nothing beyond the
// destination is written.
void TstCast::everyLengthAndAlignment() {
    QFETCH(int, from);
    QFETCH(int, to);
    const auto source = static_cast<DType>(from);
    const auto target = static_cast<DType>(to);
    const std::size_t in = bitWidth(source) / 8;
    const std::size_t out = bitWidth(target) / 8;
    Bytes values = valuesOf(source);
    // A prime stride, so that few values bring many kinds along.
    constexpr std::size_t kCount = 131;
    Bytes some;
    for (std::size_t i = 0; i < kCount; ++i) {
        const auto at = values.begin() + static_cast<std::ptrdiff_t>(i * 509 % (values.size() / in) * in);
        some.insert(some.end(), at, at + static_cast<std::ptrdiff_t>(in));
    }
    Bytes filler = some;
    while (filler.size() / in % kWholeVectors != 0)
        filler.insert(filler.end(), filler.begin(), std::next(filler.begin(), static_cast<std::ptrdiff_t>(in)));
    onEveryInstructionSet([&](const QByteArray& set) {
        const Bytes whole = converted(source, filler, target);
        for (std::size_t n = 0; n <= kCount; ++n) {
            const std::size_t shift = n % 5;
            Bytes shifted(shift);
            shifted.insert(shifted.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(n * in));
            Bytes target8(n * out + shift + 16, std::byte{0xA5});
            const auto result = castElements(source, std::span(shifted).subspan(shift), target,
                                             std::span(target8).subspan(shift, n * out));
            QVERIFY(result.has_value());
            QVERIFY2(std::memcmp(target8.data() + shift, whole.data(), n * out) == 0,
                     set + " length " + QByteArray::number(static_cast<qulonglong>(n)));
            QVERIFY(std::all_of(target8.begin() + static_cast<std::ptrdiff_t>(shift + n * out), target8.end(),
                                [](std::byte b) { return b == std::byte{0xA5}; }));
        }
    });
}

void TstCast::equalTypesCopy() {
    const Bytes source(96, std::byte{0x5A});
    for (int i = 0; i < kDTypeCount; ++i) {
        const auto dtype = static_cast<DType>(i);
        QVERIFY(canCast(dtype, dtype));
        Bytes target(96);
        QVERIFY(castElements(dtype, source, dtype, target).has_value());
        QVERIFY(target == source);
        QVERIFY(castElements(dtype, target, dtype, target).has_value());
        QVERIFY(target == source);
        QCOMPARE(castElements(dtype, source, dtype, std::span(target).first(95)).error().code, Errc::OutOfBounds);
        QVERIFY(castElements(dtype, {}, dtype, {}).has_value());
    }
}

void TstCast::refuses() {
    const Bytes source(32);
    Bytes target(64);
    const auto codeOf = [&](DType from, std::size_t in, DType to, std::size_t out) {
        const auto result = castElements(from, std::span(source).first(in), to, std::span(target).first(out));
        return result ? -1 : static_cast<int>(result.error().code);
    };
    QCOMPARE(codeOf(DType::F32, 32, DType::F64, 64), -1);
    QCOMPARE(codeOf(DType::F32, 32, DType::F64, 56), static_cast<int>(Errc::OutOfBounds));
    QCOMPARE(codeOf(DType::F32, 28, DType::F64, 64), static_cast<int>(Errc::OutOfBounds));
    QCOMPARE(codeOf(DType::F32, 30, DType::F64, 56), static_cast<int>(Errc::OutOfBounds));
    QCOMPARE(codeOf(DType::F32, 32, DType::BF16, 17), static_cast<int>(Errc::OutOfBounds));
    for (const DType from : {DType::C64, DType::QI8, DType::F4, DType::Opaque}) {
        QVERIFY(!canCast(from, DType::F32));
        QVERIFY(!canCast(DType::F32, from));
        QCOMPARE(codeOf(from, 8, DType::F32, 8), static_cast<int>(Errc::Unsupported));
    }
    for (const DType to : {DType::F8_E4M3FNUZ, DType::F8_E5M2FNUZ, DType::F8_E8M0FNU})
        QCOMPARE(codeOf(DType::F32, 32, to, 8), static_cast<int>(Errc::Unsupported));
}

void TstCast::swapsBytes_data() {
    QTest::addColumn<int>("dtype");
    QTest::addColumn<QByteArray>("swapped");
    QTest::newRow("one byte") << static_cast<int>(DType::U8) << QByteArray("0123456789abcdef");
    QTest::newRow("two bytes") << static_cast<int>(DType::BF16) << QByteArray("1032547698badcfe");
    QTest::newRow("four bytes") << static_cast<int>(DType::I32) << QByteArray("32107654ba98fedc");
    QTest::newRow("eight bytes") << static_cast<int>(DType::F64) << QByteArray("76543210fedcba98");
    QTest::newRow("complex of two") << static_cast<int>(DType::C32) << QByteArray("1032547698badcfe");
    QTest::newRow("complex of four") << static_cast<int>(DType::C64) << QByteArray("32107654ba98fedc");
    QTest::newRow("complex of eight") << static_cast<int>(DType::C128) << QByteArray("76543210fedcba98");
    QTest::newRow("packed") << static_cast<int>(DType::F6_E2M3) << QByteArray("0123456789abcdef");
    QTest::newRow("opaque") << static_cast<int>(DType::Opaque) << QByteArray("0123456789abcdef");
}

void TstCast::swapsBytes() {
    QFETCH(int, dtype);
    QFETCH(QByteArray, swapped);
    QByteArray text("0123456789abcdef");
    swapElementBytes(static_cast<DType>(dtype),
                     std::as_writable_bytes(std::span(text.data(), static_cast<std::size_t>(text.size()))));
    QCOMPARE(text, swapped);
}

QTEST_APPLESS_MAIN(TstCast)
#include "tst_cast.moc"
