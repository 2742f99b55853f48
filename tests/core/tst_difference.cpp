// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>
#include <complex>
#include <limits>
#include <vector>

#include "tensor/difference.h"

using namespace plimsoll;

namespace {

template <class A, class B>
Difference compare(DType left, const std::vector<A>& a, DType right, const std::vector<B>& b) {
    DifferenceSums sums;
    const auto added =
        ElementComparison(left, right).add(std::as_bytes(std::span(a)), std::as_bytes(std::span(b)), sums);
    return added ? sums.result() : Difference{};
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

}  // namespace

class TstDifference final : public QObject {
    Q_OBJECT
private slots:
    void equalBits();
    void floats();
    void nanAndInfinity();
    void acrossTypes();
    void integers();
    void bools();
    void complexNumbers();
    void partsJoin();
    void comparable_data();
    void comparable();
    void unlikeLengths();
};

void TstDifference::equalBits() {
    const std::vector<float> a{1, -2, kNan, kInf};
    const auto d = compare(DType::F32, a, DType::F32, a);
    QCOMPARE(d.elements, std::uint64_t{4});
    QCOMPARE(d.differing, std::uint64_t{0});
    QCOMPARE(d.rms, 0.0);
}

void TstDifference::floats() {
    const auto d = compare<float, float>(DType::F32, {1, 2, 4, 0.0F}, DType::F32, {1, 2.5, 3, -0.0F});
    QCOMPARE(d.differing, std::uint64_t{3});  // the zeros have other bits
    QCOMPARE(d.maxAbs, 1.0);
    QCOMPARE(d.maxRel, 0.25);
    QCOMPARE(d.rms, std::sqrt((0.25 + 1) / 4));
}

void TstDifference::nanAndInfinity() {
    const auto d =
        compare<float, float>(DType::F32, {kNan, 1, kNan, kInf, kInf}, DType::F32, {1, kNan, kNan, kInf, -kInf});
    QCOMPARE(d.nanOnlyLeft, std::uint64_t{1});
    QCOMPARE(d.nanOnlyRight, std::uint64_t{1});
    QCOMPARE(d.differing, std::uint64_t{3});
    QVERIFY(std::isinf(d.maxAbs));
    QVERIFY(std::isinf(d.maxRel));
    QCOMPARE(d.rms, 0.0);
}

void TstDifference::acrossTypes() {
    // bf16: 1.0, 2.0, NaN, -0.0
    const std::vector<std::uint16_t> b{0x3F80, 0x4000, 0x7FC0, 0x8000};
    const auto d = compare<float, std::uint16_t>(DType::F32, {1, 2.25, kNan, 0}, DType::BF16, b);
    QCOMPARE(d.differing, std::uint64_t{1});
    QCOMPARE(d.maxAbs, 0.25);
    QCOMPARE(d.nanOnlyLeft + d.nanOnlyRight, std::uint64_t{0});
    const auto ints = compare<std::int32_t, double>(DType::I32, {1, 7}, DType::F64, {1, 7.5});
    QCOMPARE(ints.differing, std::uint64_t{1});
    QCOMPARE(ints.maxAbs, 0.5);
}

void TstDifference::integers() {
    // Apart by one where doubles are apart by two.
    const std::int64_t big = (std::int64_t{1} << 53) + 1;
    const auto d = compare<std::int64_t, std::int64_t>(DType::I64, {big, 5}, DType::I64, {big - 1, 5});
    QCOMPARE(d.differing, std::uint64_t{1});
    QCOMPARE(d.maxAbs, 1.0);
    const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    QCOMPARE((compare<std::uint64_t, std::uint64_t>(DType::U64, {most}, DType::U64, {most - 1}).maxAbs), 1.0);
}

void TstDifference::bools() {
    const auto d = compare<std::uint8_t, std::uint8_t>(DType::Bool, {0, 1, 2}, DType::Bool, {1, 1, 1});
    QCOMPARE(d.differing, std::uint64_t{1});
}

void TstDifference::complexNumbers() {
    using C = std::complex<float>;
    const auto d = compare<C, C>(DType::C64, {{1, 1}, {0, 0}, {kNan, 0}}, DType::C64, {{1, 1}, {3, 4}, {0, 0}});
    QCOMPARE(d.elements, std::uint64_t{3});
    QCOMPARE(d.differing, std::uint64_t{2});
    QCOMPARE(d.maxAbs, 5.0);
    QCOMPARE(d.maxRel, 1.0);
    QCOMPARE(d.nanOnlyLeft, std::uint64_t{1});
}

void TstDifference::partsJoin() {
    const std::vector<float> a{1, 2, 3, 4};
    const std::vector<float> b{1, 2, 3.5, 5};
    ElementComparison comparison(DType::F32, DType::F32);
    DifferenceSums front;
    DifferenceSums back;
    QVERIFY(comparison.add(std::as_bytes(std::span(a).first(2)), std::as_bytes(std::span(b).first(2)), front));
    QVERIFY(comparison.add(std::as_bytes(std::span(a).subspan(2)), std::as_bytes(std::span(b).subspan(2)), back));
    front.merge(back);
    const auto joined = front.result();
    const auto whole = compare(DType::F32, a, DType::F32, b);
    QCOMPARE(joined.differing, whole.differing);
    QCOMPARE(joined.elements, whole.elements);
    QCOMPARE(joined.rms, whole.rms);
}

void TstDifference::comparable_data() {
    QTest::addColumn<int>("left");
    QTest::addColumn<int>("right");
    QTest::addColumn<bool>("can");
    const auto row = [](DType left, DType right, bool can) {
        QTest::addRow("%s %s", std::string(shortName(left)).c_str(), std::string(shortName(right)).c_str())
            << int(left) << int(right) << can;
    };
    row(DType::F32, DType::F8_E4M3FN, true);
    row(DType::F32, DType::I8, true);
    row(DType::QI8, DType::I8, true);
    row(DType::C64, DType::C128, true);
    row(DType::C64, DType::F32, false);
    row(DType::F4, DType::F4, false);
    row(DType::Opaque, DType::Opaque, false);
}

void TstDifference::comparable() {
    QFETCH(int, left);
    QFETCH(int, right);
    QFETCH(bool, can);
    QCOMPARE(canCompare(DType(left), DType(right)), can);
    QCOMPARE(canCompare(DType(right), DType(left)), can);
}

void TstDifference::unlikeLengths() {
    const std::vector<float> a{1, 2};
    DifferenceSums sums;
    const auto added = ElementComparison(DType::F32, DType::F32)
                           .add(std::as_bytes(std::span(a)), std::as_bytes(std::span(a).first(1)), sums);
    QVERIFY(!added);
    QCOMPARE(added.error().code, Errc::OutOfBounds);
}

QTEST_APPLESS_MAIN(TstDifference)
#include "tst_difference.moc"
