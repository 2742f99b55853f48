// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors seen as tables: planes of N-D tensors, pictures of them, and elements as text.
#include <QtTest>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "checkpoint/grid_image.h"
#include "checkpoint/grid_view.h"
#include "checkpoint/tensor_part.h"
#include "formats/npy/npy_file.h"
#include "formats/npy/npy_writer.h"
#include "formats/registry.h"
#include "tensor/number_format.h"

using namespace plimsoll;

namespace {

using Shape = std::vector<std::uint64_t>;

std::uint64_t elementsOf(const Shape& shape) {
    return std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
}

// Element i is i.
std::vector<float> counting(const Shape& shape) {
    std::vector<float> values(static_cast<std::size_t>(elementsOf(shape)));
    std::iota(values.begin(), values.end(), 0.0F);
    return values;
}

// One .npy file of float32, opened.
class OneArray {
public:
    OneArray(const Shape& shape, const std::vector<float>& values) {
        QFile file(dir_.filePath("array.npy"));
        if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write");
        const std::string header = npyHeader("<f4", shape);
        file.write(header.data(), static_cast<qint64>(header.size()));
        file.write(reinterpret_cast<const char*>(values.data()), static_cast<qint64>(values.size() * sizeof(float)));
        file.close();
        auto opened = openCheckpoint(dir_.filePath("array.npy").toStdString());
        if (!opened) qFatal("%s", opened.error().what.c_str());
        checkpoint = *opened;
    }

    [[nodiscard]] QString path(const char* name) const { return dir_.filePath(QLatin1String(name)); }

    std::shared_ptr<const Checkpoint> checkpoint;

private:
    QTemporaryDir dir_;
};

std::vector<float> cells(const std::shared_ptr<const Checkpoint>& checkpoint, const GridView& view,
                         const GridRect& rect) {
    TensorReader reader(checkpoint);
    std::vector<float> out(static_cast<std::size_t>(rect.rows * rect.columns), -1.0F);
    const auto read = readGrid(reader, TensorId(0), 4, view, rect, std::as_writable_bytes(std::span(out)));
    if (!read) qFatal("%s", read.error().what.c_str());
    return out;
}

}  // namespace

class TstGrid : public QObject {
    Q_OBJECT
private slots:
    void planes_data();
    void planes();
    void wrapsVectors();
    void refusesSmallBuffers();
    void drawsEveryCell_data();
    void drawsEveryCell();
    void drawingMarksWhatIsNotFinite();
    void drawingStops();
    void histogramCountsAll();
    void writesNpyOfSlice();
    void formats_data();
    void formats();
    void formatsFitTheirColumns();
};

void TstGrid::planes_data() {
    QTest::addColumn<Shape>("shape");
    QTest::addColumn<int>("rowAxis");
    QTest::addColumn<int>("columnAxis");
    QTest::newRow("matrix") << Shape{40, 70} << 0 << 1;
    QTest::newRow("transposed") << Shape{40, 70} << 1 << 0;
    QTest::newRow("last two of four") << Shape{2, 3, 4, 5} << 2 << 3;
    QTest::newRow("first two of four") << Shape{2, 3, 4, 5} << 0 << 1;
    QTest::newRow("second and last") << Shape{2, 3, 4, 5} << 1 << 3;
    QTest::newRow("last and first") << Shape{2, 3, 4, 5} << 3 << 0;
    QTest::newRow("far apart both ways") << Shape{3, 4, 3000} << 0 << 1;
    QTest::newRow("a side of one") << Shape{1, 9, 1} << 2 << 1;
}

void TstGrid::planes() {
    QFETCH(Shape, shape);
    QFETCH(int, rowAxis);
    QFETCH(int, columnAxis);
    const OneArray array(shape, counting(shape));
    const auto rows = static_cast<std::size_t>(rowAxis);
    const auto columns = static_cast<std::size_t>(columnAxis);
    // Every position of the other dimensions that differs from 0 in all of them where it can.
    Shape indices;
    for (const auto size : shape) indices.push_back(size - 1);
    const GridView view = planeOf(shape, rows, columns, indices);
    QCOMPARE(view.rows, shape[rows]);
    QCOMPARE(view.columns, shape[columns]);
    const GridRect rect{view.rows / 3, view.columns / 3, view.rows - view.rows / 3, view.columns - view.columns / 3};
    const auto read = cells(array.checkpoint, view, rect);
    for (std::uint64_t r = 0; r < rect.rows; ++r) {
        for (std::uint64_t c = 0; c < rect.columns; ++c) {
            Shape at = indices;
            at[rows] = rect.row + r;
            at[columns] = rect.column + c;
            std::uint64_t element = 0;
            for (std::size_t d = 0; d < shape.size(); ++d) element = element * shape[d] + at[d];
            QVERIFY(view.holds(rect.row + r, rect.column + c));
            QCOMPARE(view.element(rect.row + r, rect.column + c), element);
            QCOMPARE(read[static_cast<std::size_t>(r * rect.columns + c)], static_cast<float>(element));
        }
    }
}

void TstGrid::wrapsVectors() {
    const OneArray array({19}, counting({19}));
    const GridView view = wrapped(19, 8);
    QCOMPARE(view.rows, std::uint64_t(3));
    QCOMPARE(view.columns, std::uint64_t(8));
    QVERIFY(view.holds(2, 2));
    QVERIFY(!view.holds(2, 3));
    const auto read = cells(array.checkpoint, view, {0, 0, 3, 8});
    QCOMPARE(read[18], 18.0F);
    QCOMPARE(read[19], -1.0F);  // beyond the end: left as it was
    QCOMPARE(wrapped(0, 8).rows, std::uint64_t(0));
    QCOMPARE(wrapped(1, 8).columns, std::uint64_t(1));
}

void TstGrid::refusesSmallBuffers() {
    const OneArray array({4, 4}, counting({4, 4}));
    TensorReader reader(array.checkpoint);
    std::vector<std::byte> out(60);
    const Shape shape{4, 4};
    const GridView view = planeOf(shape, 0, 1, shape);
    const auto read = readGrid(reader, TensorId(0), 4, view, {0, 0, 4, 4}, out);
    QVERIFY(!read);
    QCOMPARE(read.error().code, Errc::OutOfBounds);
}

void TstGrid::drawsEveryCell_data() {
    QTest::addColumn<Shape>("shape");
    QTest::addColumn<bool>("transposed");
    QTest::addColumn<int>("most");
    QTest::newRow("a pixel a cell") << Shape{7, 9} << false << 64;
    QTest::newRow("shrunk") << Shape{100, 90} << false << 16;
    QTest::newRow("shrunk, transposed") << Shape{100, 90} << true << 16;
    QTest::newRow("several tiles") << Shape{700, 900} << false << 50;
    QTest::newRow("one row") << Shape{1, 300'000} << false << 32;
}

void TstGrid::drawsEveryCell() {
    QFETCH(Shape, shape);
    QFETCH(bool, transposed);
    QFETCH(int, most);
    const OneArray array(shape, counting(shape));
    const GridView view = planeOf(shape, transposed ? 1 : 0, transposed ? 0 : 1, shape);
    TensorReader reader(array.checkpoint);
    ProgressCounter progress;
    const auto form = elementForm(array.checkpoint->tensors, TensorId(0));
    const auto image = drawGrid(reader, TensorId(0), form, view, static_cast<std::uint32_t>(most),
                                static_cast<std::uint32_t>(most), progress, {});
    QVERIFY(image);
    QCOMPARE(progress.done(), elementsOf(shape) * 4);
    QCOMPARE(std::uint64_t(image->width), std::min<std::uint64_t>(view.columns, static_cast<std::uint64_t>(most)));
    for (std::uint32_t y = 0; y < image->height; ++y) {
        for (std::uint32_t x = 0; x < image->width; ++x) {
            double sum = 0;
            double largest = 0;
            std::uint64_t count = 0;
            for (auto r = image->rowOf(y); r < image->rowOf(y + 1); ++r) {
                for (auto c = image->columnOf(x); c < image->columnOf(x + 1); ++c, ++count) {
                    const auto value = static_cast<double>(view.element(r, c));
                    sum += value;
                    largest = std::max(largest, value);
                }
            }
            QVERIFY(count > 0);
            QCOMPARE(image->mean[image->pixel(x, y)], static_cast<float>(sum / static_cast<double>(count)));
            QCOMPARE(image->extreme[image->pixel(x, y)], static_cast<float>(largest));
        }
    }
}

void TstGrid::drawingMarksWhatIsNotFinite() {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float inf = std::numeric_limits<float>::infinity();
    const OneArray array({2, 2}, {1.0F, nan, -inf, -3.0F});
    TensorReader reader(array.checkpoint);
    ProgressCounter progress;
    const Shape shape{2, 2};
    const auto form = elementForm(array.checkpoint->tensors, TensorId(0));
    const auto image = drawGrid(reader, TensorId(0), form, planeOf(shape, 0, 1, shape), 2, 2, progress, {});
    QVERIFY(image);
    QCOMPARE(image->flags, (std::vector<std::uint8_t>{GridImage::HasValues, GridImage::HasNan, GridImage::HasInf,
                                                      GridImage::HasValues}));
    QCOMPARE(image->extreme[3], -3.0F);
}

void TstGrid::drawingStops() {
    const OneArray array({4, 4}, counting({4, 4}));
    TensorReader reader(array.checkpoint);
    ProgressCounter progress;
    std::stop_source stop;
    stop.request_stop();
    const Shape shape{4, 4};
    const auto form = elementForm(array.checkpoint->tensors, TensorId(0));
    const auto image =
        drawGrid(reader, TensorId(0), form, planeOf(shape, 0, 1, shape), 2, 2, progress, stop.get_token());
    QVERIFY(!image);
    QCOMPARE(image.error().code, Errc::Cancelled);
}

void TstGrid::histogramCountsAll() {
    auto values = counting({1000});
    values[3] = std::numeric_limits<float>::quiet_NaN();
    const OneArray array({1000}, values);
    TensorReader reader(array.checkpoint);
    const auto form = elementForm(array.checkpoint->tensors, TensorId(0));
    const TensorPart part{reader, TensorId(0), form.dtype, form.bytes, Slice::whole(form.shape), {}};
    ProgressCounter progress;
    const auto histogram = computeHistogram(part, 0, 999, 10, progress);
    QVERIFY(histogram);
    QCOMPARE(std::accumulate(histogram->counts.begin(), histogram->counts.end(), std::uint64_t(0)), std::uint64_t(999));
    QCOMPARE(histogram->counts[0], std::uint64_t(99));
    QCOMPARE(histogram->edge(10), 999.0);
    const auto narrow = computeHistogram(part, 100, 199, 1, progress);
    QCOMPARE(narrow->counts[0], std::uint64_t(100));
    const auto point = computeHistogram(part, 5, 5, 4, progress);
    QCOMPARE(point->counts[0], std::uint64_t(1));
}

void TstGrid::writesNpyOfSlice() {
    const OneArray array({6, 7}, counting({6, 7}));
    TensorReader reader(array.checkpoint);
    const auto form = elementForm(array.checkpoint->tensors, TensorId(0));
    auto slice = Slice::parse("2,1:4", form.shape);
    QVERIFY(slice);
    const TensorPart part{reader, TensorId(0), form.dtype, form.bytes, *slice, {}};
    ProgressCounter progress;
    const std::string path = array.path("slice.npy").toStdString();
    QVERIFY(writeNpy(part, path, OutputFile::Existing::Refuse, progress));
    const auto refused = writeNpy(part, path, OutputFile::Existing::Refuse, progress);
    QCOMPARE(refused.error().code, Errc::Usage);
    QVERIFY(writeNpy(part, path, OutputFile::Existing::Replace, progress));
    const auto written = openCheckpoint(path);
    QVERIFY(written);
    const auto shape = (*written)->tensors.shape(TensorId(0));
    QCOMPARE(Shape(shape.begin(), shape.end()), Shape{3});
    QCOMPARE(cells(*written, wrapped(3, 3), {0, 0, 1, 3}), (std::vector<float>{15, 16, 17}));
}

void TstGrid::formats_data() {
    QTest::addColumn<DType>("dtype");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<NumberFormat>("format");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, DType dtype, const char* hex, NumberFormat format, const char* expected) {
        QTest::newRow(name) << dtype << QByteArray::fromHex(hex) << format << QString::fromLatin1(expected);
    };
    row("f32 shortest", DType::F32, "0000c03f", NumberFormat::Shortest, "1.5");
    row("f32 decimal", DType::F32, "0000c03f", NumberFormat::Decimal, "1.500000");
    row("f32 scientific", DType::F32, "0000c0bf", NumberFormat::Scientific, "-1.500000e+00");
    row("f32 hex", DType::F32, "0000c03f", NumberFormat::Hex, "0x3fc00000");
    row("f32 bits", DType::F32, "0000c03f", NumberFormat::Bits, "0 01111111 10000000000000000000000");
    row("bf16 bits", DType::BF16, "c0bf", NumberFormat::Bits, "1 01111111 1000000");
    row("f16 scientific", DType::F16, "0084", NumberFormat::Scientific, "-6.103516e-05");
    row("f8 bits", DType::F8_E4M3FN, "38", NumberFormat::Bits, "0 0111 000");
    row("nan stays nan", DType::F32, "0000c07f", NumberFormat::Decimal, "nan");
    row("-inf stays -inf", DType::F32, "000080ff", NumberFormat::Scientific, "-inf");
    row("nan in hex", DType::F32, "0100c07f", NumberFormat::Hex, "0x7fc00001");
    row("i64 decimal is exact", DType::I64, "ffffffffffffff7f", NumberFormat::Decimal, "9223372036854775807");
    row("i64 scientific beyond 2^53 is exact", DType::I64, "ffffffffffffff7f", NumberFormat::Scientific,
        "9223372036854775807");
    row("i16 scientific", DType::I16, "0cfe", NumberFormat::Scientific, "-5.000000e+02");
    row("i8 hex", DType::I8, "ff", NumberFormat::Hex, "0xff");
    row("bool", DType::Bool, "01", NumberFormat::Decimal, "True");
    row("bool bits", DType::Bool, "01", NumberFormat::Bits, "00000001");
    row("complex decimal", DType::C64, "0000c03f000000c0", NumberFormat::Decimal, "1.500000-2.000000j");
    row("complex hex", DType::C64, "0000c03f000000c0", NumberFormat::Hex, "0x3fc00000 0xc0000000");
    row("a byte of a packed type", DType::Opaque, "a5", NumberFormat::Decimal, "0xa5");
    row("the same in bits", DType::Opaque, "a5", NumberFormat::Bits, "10100101");
}

void TstGrid::formats() {
    QFETCH(DType, dtype);
    QFETCH(QByteArray, bytes);
    QFETCH(NumberFormat, format);
    QFETCH(QString, expected);
    const auto element = std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size())));
    QCOMPARE(QString::fromStdString(formatElementAs(dtype, element, format)), expected);
}

void TstGrid::formatsFitTheirColumns() {
    for (int i = 0; i < kDTypeCount; ++i) {
        const auto dtype = static_cast<DType>(i);
        if (bitWidth(dtype) == 0 || bitWidth(dtype) % 8 != 0) continue;
        for (const auto format : {NumberFormat::Scientific, NumberFormat::Hex, NumberFormat::Bits}) {
            for (const int fill : {0x00, 0x55, 0x80, 0xaa, 0xbf, 0xff}) {
                const std::vector<std::byte> element(bitWidth(dtype) / 8, std::byte(fill));
                const auto text = formatElementAs(dtype, element, format);
                QVERIFY2(text.size() <= textColumns(dtype, format), text.c_str());
            }
        }
    }
}

QTEST_GUILESS_MAIN(TstGrid)
#include "tst_grid.moc"
