// SPDX-License-Identifier: GPL-3.0-or-later
#include <QFile>
#include <QTemporaryDir>
#include <bit>
#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <hwy/targets.h>

#include "peer.h"
#include "tensor/cast.h"
#include "tensor/stats.h"

using namespace plimsoll;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

const std::vector<DType> kTorchTypes{DType::F64, DType::F32, DType::F16, DType::BF16, DType::F8_E4M3FN, DType::F8_E5M2};

QString torchText(DType dtype) {
    const auto name = torchName(dtype);
    return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

template <class T>
std::span<const std::byte> bytesOf(const std::vector<T>& values) {
    return std::as_bytes(std::span(values));
}

template <class T>
TensorStats statsOf(DType dtype, const std::vector<T>& values) {
    StatsAccumulator accumulator(dtype);
    const auto added = accumulator.add(bytesOf(values));
    return added ? accumulator.result() : TensorStats{};
}

template <class T>
QString formatted(DType dtype, T value) {
    return QString::fromStdString(formatElement(dtype, std::as_bytes(std::span(&value, 1))));
}

bool close(double a, double b, double relative) {
    return a == b || std::fabs(a - b) <= relative * std::max(std::fabs(a), std::fabs(b));
}

}  // namespace

class TstStats : public QObject {
    Q_OBJECT
private slots:
    void initTestCase();
    void counts();
    void nothingFinite();
    void constantsHaveNoDeviation();
    void deviationDoesNotCancel();
    void hugeDoublesStayFinite();
    void integersAndBools();
    void complexCountsParts();
    void cutAnywhere();
    void sameOnEveryInstructionSet();
    void refuses();
    void torchAgrees_data();
    void torchAgrees();
    void formats();
    void elementsAsDouble();

private:
    QTemporaryDir folder_;
    QList<QByteArray> torchRows_;  // in the order of kTorchTypes
};

void TstStats::counts() {
    const TensorStats stats = statsOf<float>(DType::F32, {1, -3, 0, -0.0F, kNan, -kNan, kInf, -kInf, 2, 5});
    QCOMPARE(stats.count, 10U);
    QCOMPARE(stats.nan, 2U);
    QCOMPARE(stats.inf, 2U);
    QCOMPARE(stats.zero, 2U);
    QCOMPARE(stats.min, -3.0);
    QCOMPARE(stats.max, 5.0);
    QCOMPARE(stats.mean, 5.0 / 6);
    QCOMPARE(stats.stddev, std::sqrt(39.0 / 6 - 25.0 / 36));
}

void TstStats::nothingFinite() {
    for (const std::vector<float>& values : {std::vector<float>{}, std::vector<float>{kNan, kInf, -kInf}}) {
        const TensorStats stats = statsOf(DType::F32, values);
        QCOMPARE(stats.count, values.size());
        QCOMPARE(stats.nan + stats.inf, values.size());
        QCOMPARE(stats.min, 0.0);
        QCOMPARE(stats.max, 0.0);
        QCOMPARE(stats.mean, 0.0);
        QCOMPARE(stats.stddev, 0.0);
    }
}

void TstStats::constantsHaveNoDeviation() {
    const TensorStats stats = statsOf(DType::F32, std::vector<float>(1'000'003, 0.1F));
    QCOMPARE(stats.mean, static_cast<double>(0.1F));
    QVERIFY(stats.stddev < 1e-15);
}

// E[x^2] - E[x]^2 would give 0 or a negative number here.
void TstStats::deviationDoesNotCancel() {
    std::vector<double> values;
    for (int i = 0; i < 10'000; ++i) values.push_back(1e15 + (i % 2 == 0 ? 1 : -1));
    const TensorStats stats = statsOf(DType::F64, values);
    QCOMPARE(stats.mean, 1e15);
    QCOMPARE(stats.stddev, 1.0);
}

void TstStats::hugeDoublesStayFinite() {
    constexpr double kMax = std::numeric_limits<double>::max();
    std::vector<double> values(5'000, kMax);
    QCOMPARE(statsOf(DType::F64, values).mean, kMax);
    for (std::size_t i = 0; i < values.size(); i += 2) values[i] = -kMax;
    const TensorStats stats = statsOf(DType::F64, values);
    QCOMPARE(stats.mean, 0.0);
    QCOMPARE(stats.stddev, kMax);
}

void TstStats::integersAndBools() {
    const TensorStats longs = statsOf<std::int64_t>(DType::I64, {-5, 0, 7, 1'000'000'000'000});
    QCOMPARE(longs.min, -5.0);
    QCOMPARE(longs.max, 1e12);
    QCOMPARE(longs.zero, 1U);
    QCOMPARE(statsOf<std::uint64_t>(DType::U64, {~std::uint64_t{0}}).max, 18446744073709551616.0);
    QCOMPARE(statsOf<std::int32_t>(DType::I32, {-2'000'000'000, 1}).min, -2e9);
    QCOMPARE(statsOf<std::uint32_t>(DType::U32, {4'000'000'000U}).max, 4e9);
    QCOMPARE(statsOf<std::int16_t>(DType::I16, {-300, 300}).min, -300.0);
    QCOMPARE(statsOf<std::uint16_t>(DType::U16, {65'000}).max, 65'000.0);
    QCOMPARE(statsOf<std::int8_t>(DType::QI8, {-128, 127}).mean, -0.5);
    QCOMPARE(statsOf<std::uint8_t>(DType::U8, {200, 0}).stddev, 100.0);
    const TensorStats bools = statsOf<std::uint8_t>(DType::Bool, {0, 1, 2, 1});
    QCOMPARE(bools.zero, 1U);
    QCOMPARE(bools.max, 1.0);
    QCOMPARE(bools.mean, 0.75);
}

void TstStats::complexCountsParts() {
    const TensorStats stats = statsOf<std::complex<float>>(DType::C64, {{1, -2}, {kNan, 4}});
    QCOMPARE(stats.count, 4U);
    QCOMPARE(stats.nan, 1U);
    QCOMPARE(stats.min, -2.0);
    QCOMPARE(stats.max, 4.0);
    QCOMPARE(statsOf<std::complex<double>>(DType::C128, {{1, 3}}).mean, 2.0);
}

// Cut into other blocks, the counts are equal and the rest agrees to rounding.
void TstStats::cutAnywhere() {
    std::mt19937 random(7);
    std::normal_distribution<float> normal(3, 2);
    std::vector<float> values(20'011);
    for (float& value : values) value = normal(random);
    values[17] = kNan;
    values[12'345] = 0;
    const TensorStats whole = statsOf(DType::F32, values);
    for (const std::size_t step : {1U, 7U, 2048U, 2049U, 9'999U}) {
        StatsAccumulator accumulator(DType::F32);
        for (std::size_t i = 0; i < values.size(); i += step)
            QVERIFY(accumulator.add(bytesOf(values).subspan(i * 4, std::min(step, values.size() - i) * 4)).has_value());
        const TensorStats parts = accumulator.result();
        QCOMPARE(parts.count, whole.count);
        QCOMPARE(parts.nan, whole.nan);
        QCOMPARE(parts.zero, whole.zero);
        QCOMPARE(parts.min, whole.min);
        QCOMPARE(parts.max, whole.max);
        QVERIFY(close(parts.mean, whole.mean, 1e-14));
        QVERIFY(close(parts.stddev, whole.stddev, 1e-14));
    }
}

// To the last bit: the order of additions does not depend on the width of vectors.
void TstStats::sameOnEveryInstructionSet() {
    std::mt19937 random(11);
    std::vector<float> values(10'007);
    for (float& value : values) value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    values[5] = -kInf;
    values[4'000] = -0.0F;
    const auto bits = [&] {
        const TensorStats s = statsOf(DType::F32, values);
        return std::vector<std::uint64_t>{s.count,
                                          s.nan,
                                          s.inf,
                                          s.zero,
                                          std::bit_cast<std::uint64_t>(s.min),
                                          std::bit_cast<std::uint64_t>(s.max),
                                          std::bit_cast<std::uint64_t>(s.mean),
                                          std::bit_cast<std::uint64_t>(s.stddev)};
    };
    const auto best = bits();
    QVERIFY(best[1] > 0 && best[2] > 0 && best[3] > 0);
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        hwy::SetSupportedTargetsForTest(target);
        QVERIFY2(bits() == best, hwy::TargetName(target));
    }
    hwy::SetSupportedTargetsForTest(0);
}

void TstStats::refuses() {
    const std::vector<std::byte> bytes(24);
    for (const DType dtype : {DType::Opaque, DType::F4, DType::F4_E2M1FN_X2, DType::F6_E2M3, DType::QU4X2})
        QCOMPARE(StatsAccumulator(dtype).add(bytes).error().code, Errc::Unsupported);
    QCOMPARE(StatsAccumulator(DType::F32).add(std::span(bytes).first(23)).error().code, Errc::OutOfBounds);
    QCOMPARE(StatsAccumulator(DType::C128).add(bytes).error().code, Errc::OutOfBounds);
}

// 300,000 normal values with some specials, made by torch, against its own float64 reductions.
void TstStats::initTestCase() {
    if (peerPython().isEmpty()) return;
    QVERIFY(folder_.isValid());
    QStringList arguments{folder_.path()};
    for (const DType dtype : kTorchTypes) arguments << torchText(dtype);
    const ProcessResult peer = runPeer(QStringLiteral(R"(
import sys, torch
torch.manual_seed(1)
x = torch.empty(300_000, dtype=torch.float64).normal_(0.5, 3)
x[::1000] = 0; x[1::5000] = float('nan'); x[2::7000] = float('inf'); x[3::9000] = float('-inf')
for name in sys.argv[2:]:
    y = x.to(getattr(torch, name))
    y.view(torch.uint8).numpy().tofile(f'{sys.argv[1]}/{name}')
    d = y.double(); f = d[d.isfinite()]
    print(d.isnan().sum().item(), d.isinf().sum().item(), (d == 0).sum().item(), f.min().item(), f.max().item(),
          f.mean().item(), f.std(correction=0).item())
)"),
                                       arguments);
    QVERIFY2(peer.exitCode == 0, peer.err.constData());
    torchRows_ = peer.out.trimmed().split('\n');
    QCOMPARE(torchRows_.size(), static_cast<qsizetype>(kTorchTypes.size()));
}

void TstStats::torchAgrees_data() {
    QTest::addColumn<int>("row");
    for (std::size_t i = 0; i < kTorchTypes.size(); ++i)
        QTest::newRow(shortName(kTorchTypes[i]).data()) << static_cast<int>(i);
}

void TstStats::torchAgrees() {
    NEEDS_PEER();
    QFETCH(int, row);
    const DType dtype = kTorchTypes[static_cast<std::size_t>(row)];
    QFile file(folder_.filePath(torchText(dtype)));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray bytes = file.readAll();
    StatsAccumulator accumulator(dtype);
    const auto values = std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size())));
    QVERIFY(accumulator.add(values).has_value());
    const TensorStats stats = accumulator.result();
    const QList<QByteArray> fields = torchRows_[row].split(' ');
    QCOMPARE(stats.count, 300'000U);
    QCOMPARE(stats.nan, fields[0].toULongLong());
    QCOMPARE(stats.inf, fields[1].toULongLong());
    QCOMPARE(stats.zero, fields[2].toULongLong());
    QCOMPARE(stats.min, fields[3].toDouble());
    QCOMPARE(stats.max, fields[4].toDouble());
    QVERIFY(close(stats.mean, fields[5].toDouble(), 1e-12));
    QVERIFY(close(stats.stddev, fields[6].toDouble(), 1e-12));
}

void TstStats::formats() {
    QCOMPARE(formatted(DType::F32, 0.1F), "0.1");
    QCOMPARE(formatted(DType::F32, 0.0123F), "0.0123");
    QCOMPARE(formatted(DType::F32, 3.0F), "3.0");
    QCOMPARE(formatted(DType::F32, -0.0F), "-0.0");
    QCOMPARE(formatted(DType::F32, 1e16F), "1e+16");
    QCOMPARE(formatted(DType::F32, -kInf), "-inf");
    QCOMPARE(formatted(DType::F32, -kNan), "nan");
    QCOMPARE(formatted(DType::F64, 0.1), "0.1");
    QCOMPARE(formatted(DType::F64, 1.0 / 3), "0.3333333333333333");
    QCOMPARE(formatted(DType::BF16, std::uint16_t{0x3F80}), "1.0");
    QCOMPARE(formatted(DType::F16, std::uint16_t{0x0001}), "5.9604645e-08");
    QCOMPARE(formatted(DType::F8_E4M3FN, std::uint8_t{0x7E}), "448.0");
    QCOMPARE(formatted(DType::F8_E8M0FNU, std::uint8_t{0x7F}), "1.0");
    QCOMPARE(formatted(DType::I64, std::int64_t{-7}), "-7");
    QCOMPARE(formatted(DType::U64, ~std::uint64_t{0}), "18446744073709551615");
    QCOMPARE(formatted(DType::Bool, std::uint8_t{1}), "True");
    QCOMPARE(formatted(DType::Bool, std::uint8_t{0}), "False");
    QCOMPARE(formatted(DType::C64, std::complex<float>(1, 2)), "1+2j");
    QCOMPARE(formatted(DType::C128, std::complex<double>(0.5, -1)), "0.5-1j");
    QCOMPARE(formatted(DType::C64, std::complex<float>(1, kNan)), "1+nanj");
    QCOMPARE(formatted(DType::Opaque, std::uint32_t{0x04030201}), "0x01020304");
    QCOMPARE(formatted(DType::F4_E2M1FN_X2, std::uint8_t{0x1F}), "0x1f");
    QCOMPARE(formatted(DType::F32, std::uint16_t{0x0102}), "0x0201");
}

void TstStats::elementsAsDouble() {
    const auto value = [](DType dtype, auto raw) { return elementAsDouble(dtype, std::as_bytes(std::span(&raw, 1))); };
    QCOMPARE(value(DType::F64, 1.5), 1.5);
    QCOMPARE(value(DType::F32, 0.1F), static_cast<double>(0.1F));
    QCOMPARE(value(DType::BF16, std::uint16_t{0xC000}), -2.0);
    QCOMPARE(value(DType::F8_E5M2FNUZ, std::uint8_t{0x7F}), 57344.0);
    QCOMPARE(value(DType::I8, std::int8_t{-3}), -3.0);
    QCOMPARE(value(DType::U16, std::uint16_t{65'535}), 65'535.0);
    QCOMPARE(value(DType::Bool, std::uint8_t{9}), 1.0);
    QVERIFY(std::isnan(value(DType::F16, std::uint16_t{0x7C01})));
    QVERIFY(std::isnan(value(DType::C64, std::complex<float>(1, 2))));
    QVERIFY(std::isnan(value(DType::Opaque, std::uint8_t{1})));
    QVERIFY(std::isnan(value(DType::F4_E2M1FN_X2, std::uint8_t{1})));
    QVERIFY(std::isnan(value(DType::F32, std::uint16_t{1})));
}

QTEST_APPLESS_MAIN(TstStats)
#include "tst_stats.moc"
