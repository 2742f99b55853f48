// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "tensor/layout.h"

using namespace plimsoll;

using Shape = std::vector<std::uint64_t>;
using Stride = std::vector<std::int64_t>;
Q_DECLARE_METATYPE(Shape)
Q_DECLARE_METATYPE(Stride)
Q_DECLARE_METATYPE(std::optional<plimsoll::Errc>)

namespace {

constexpr std::uint64_t kHuge = std::uint64_t{1} << 40U;
constexpr std::optional<Errc> kFine = std::nullopt;

}  // namespace

class TstLayout : public QObject {
    Q_OBJECT
private slots:
    void counts_data();
    void counts();
    void strides_data();
    void strides();
    void contiguity_data();
    void contiguity();
    void extents_data();
    void extents();
};

void TstLayout::counts_data() {
    QTest::addColumn<Shape>("shape");
    QTest::addColumn<std::optional<Errc>>("error");
    QTest::addColumn<quint64>("count");
    QTest::newRow("scalar") << Shape{} << kFine << quint64{1};
    QTest::newRow("matrix") << Shape{3, 4} << kFine << quint64{12};
    QTest::newRow("empty") << Shape{3, 0, 4} << kFine << quint64{0};
    QTest::newRow("largest") << Shape{std::numeric_limits<std::int64_t>::max()} << kFine
                             << quint64{std::numeric_limits<std::int64_t>::max()};
    QTest::newRow("one too many") << Shape{std::uint64_t{1} << 63U} << std::optional(Errc::Overflow) << quint64{0};
    QTest::newRow("product wraps") << Shape{kHuge, kHuge} << std::optional(Errc::Overflow) << quint64{0};
    QTest::newRow("zero first") << Shape{0, kHuge, kHuge} << std::optional(Errc::Overflow) << quint64{0};
    QTest::newRow("zero last") << Shape{kHuge, kHuge, 0} << std::optional(Errc::Overflow) << quint64{0};
}

void TstLayout::counts() {
    QFETCH(Shape, shape);
    QFETCH(std::optional<Errc>, error);
    QFETCH(quint64, count);
    const auto result = elementCount(shape);
    QCOMPARE(result.has_value(), !error.has_value());
    if (error)
        QCOMPARE(result.error().code, *error);
    else
        QCOMPARE(*result, count);
}

void TstLayout::strides_data() {
    QTest::addColumn<Shape>("shape");
    QTest::addColumn<Stride>("stride");
    QTest::newRow("scalar") << Shape{} << Stride{};
    QTest::newRow("vector") << Shape{7} << Stride{1};
    QTest::newRow("cube") << Shape{2, 3, 4} << Stride{12, 4, 1};
    // torch.empty(2, 0, 4).stride() and torch.empty(2, 1, 4).stride()
    QTest::newRow("empty dimension") << Shape{2, 0, 4} << Stride{4, 4, 1};
    QTest::newRow("dimension of one") << Shape{2, 1, 4} << Stride{4, 4, 1};
    QTest::newRow("beyond every count") << Shape{2, kHuge, kHuge}
                                        << Stride{std::numeric_limits<std::int64_t>::max(), std::int64_t{1} << 40, 1};
}

void TstLayout::strides() {
    QFETCH(Shape, shape);
    QFETCH(Stride, stride);
    QCOMPARE(contiguousStride(shape), stride);
}

void TstLayout::contiguity_data() {
    QTest::addColumn<Shape>("shape");
    QTest::addColumn<Stride>("stride");
    QTest::addColumn<bool>("contiguous");
    QTest::newRow("scalar") << Shape{} << Stride{} << true;
    QTest::newRow("rows") << Shape{2, 3} << Stride{3, 1} << true;
    QTest::newRow("transposed") << Shape{3, 2} << Stride{1, 3} << false;
    QTest::newRow("every second") << Shape{3} << Stride{2} << false;
    QTest::newRow("expanded") << Shape{3, 2} << Stride{0, 1} << false;
    QTest::newRow("single row, odd stride") << Shape{1, 3} << Stride{99, 1} << true;
    QTest::newRow("single element, zero strides") << Shape{1, 1} << Stride{0, 0} << true;
    QTest::newRow("empty") << Shape{0, 3} << Stride{7, 7} << true;
    QTest::newRow("negative") << Shape{2, 3} << Stride{-3, 1} << false;
    QTest::newRow("ranks differ") << Shape{2, 3} << Stride{1} << false;
}

void TstLayout::contiguity() {
    QFETCH(Shape, shape);
    QFETCH(Stride, stride);
    QFETCH(bool, contiguous);
    QCOMPARE(isContiguous(shape, stride), contiguous);
}

void TstLayout::extents_data() {
    constexpr std::int64_t kMaxStride = std::numeric_limits<std::int64_t>::max();
    constexpr quint64 kMax = std::numeric_limits<quint64>::max();
    QTest::addColumn<Shape>("shape");
    QTest::addColumn<Stride>("stride");
    QTest::addColumn<quint64>("offset");
    QTest::addColumn<std::optional<Errc>>("error");
    QTest::addColumn<quint64>("extent");
    QTest::newRow("scalar") << Shape{} << Stride{} << quint64{5} << kFine << quint64{6};
    QTest::newRow("matrix") << Shape{2, 3} << Stride{3, 1} << quint64{0} << kFine << quint64{6};
    QTest::newRow("view") << Shape{2, 3} << Stride{10, 2} << quint64{4} << kFine << quint64{19};
    QTest::newRow("expanded") << Shape{1000, 3} << Stride{0, 1} << quint64{0} << kFine << quint64{3};
    QTest::newRow("empty needs nothing") << Shape{0, 3} << Stride{3, 1} << quint64{100} << kFine << quint64{0};
    QTest::newRow("negative stride") << Shape{2} << Stride{-1} << quint64{9} << std::optional(Errc::Corrupt)
                                     << quint64{0};
    QTest::newRow("negative stride of an empty view")
        << Shape{0} << Stride{-1} << quint64{0} << std::optional(Errc::Corrupt) << quint64{0};
    QTest::newRow("ranks differ") << Shape{2, 2} << Stride{1} << quint64{0} << std::optional(Errc::Corrupt)
                                  << quint64{0};
    QTest::newRow("product wraps") << Shape{5} << Stride{kMaxStride} << quint64{0} << std::optional(Errc::Overflow)
                                   << quint64{0};
    QTest::newRow("sum wraps") << Shape{3, 3} << Stride{kMaxStride, kMaxStride} << quint64{0}
                               << std::optional(Errc::Overflow) << quint64{0};
    QTest::newRow("offset wraps") << Shape{2} << Stride{1} << kMax << std::optional(Errc::Overflow) << quint64{0};
    QTest::newRow("last place") << Shape{1} << Stride{1} << kMax << std::optional(Errc::Overflow) << quint64{0};
}

void TstLayout::extents() {
    QFETCH(Shape, shape);
    QFETCH(Stride, stride);
    QFETCH(quint64, offset);
    QFETCH(std::optional<Errc>, error);
    QFETCH(quint64, extent);
    const auto result = extentElems(shape, stride, offset);
    QCOMPARE(result.has_value(), !error.has_value());
    if (error)
        QCOMPARE(result.error().code, *error);
    else
        QCOMPARE(*result, extent);
}

QTEST_APPLESS_MAIN(TstLayout)
#include "tst_layout.moc"
