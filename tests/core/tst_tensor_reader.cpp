// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <zlib.h>

#include "checkpoint/tensor_reader.h"
#include "tensor/dequantize.h"

using namespace plimsoll;

namespace {

using Bytes = std::vector<std::byte>;

constexpr std::uint64_t kDataOffset = 100;

Bytes countingBytes(std::size_t n) {
    Bytes bytes(n);
    // A period that no element size divides.
    for (std::size_t i = 0; i < n; ++i) bytes[i] = std::byte((i * 7 + i / 251) & 0xFF);
    return bytes;
}

Bytes rawDeflate(const Bytes& content) {
    z_stream stream{};
    if (deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) qFatal("deflateInit2");
    Bytes out(deflateBound(&stream, uLong(content.size())));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(content.data()));
    stream.avail_in = uInt(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = uInt(out.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) qFatal("deflate");
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

struct View {
    DType dtype = DType::F32;
    std::vector<std::uint64_t> shape = {};
    std::vector<std::int64_t> stride = {};
    std::uint64_t offset = 0;
};

// A checkpoint of one file, one storage and one tensor.
class OneTensor {
public:
    OneTensor(const Bytes& content, const View& view, StorageEncoding encoding = StorageEncoding::Raw,
              bool bigEndian = false)
        : checkpoint_(std::make_shared<Checkpoint>()) {
        const Bytes stored = encoding == StorageEncoding::Deflated ? rawDeflate(content) : content;
        path_ = dir_.filePath("file");
        QFile file(path_);
        if (!file.open(QIODevice::WriteOnly)) qFatal("open");
        file.write(QByteArray(int(kDataOffset), 'h'));
        file.write(reinterpret_cast<const char*>(stored.data()), qint64(stored.size()));
        file.close();
        auto mapping = MappedFile::open(path_.toStdString());
        if (!mapping) qFatal("%s", mapping.error().what.c_str());
        checkpoint_->files.push_back({path_.toStdString(), "file", (*mapping)->size(), *mapping});
        storage.file = FileId(0);
        storage.offset = kDataOffset;
        storage.bytes = content.size();
        storage.storedBytes = stored.size();
        storage.encoding = encoding;
        storage.bigEndian = bigEndian;
        storage.key = "0";
        view_ = view;
    }

    // After the test changed `storage`.
    TensorReader reader() {
        const auto id = checkpoint_->tensors.addStorage(storage);
        TensorRow row;
        row.name = "t";
        row.dtype = view_.dtype;
        row.shape = view_.shape;
        row.strideElems = view_.stride;
        row.storageOffsetElems = view_.offset;
        row.storage = id;
        row.nbytes = storage.bytes;
        const auto tensor = checkpoint_->tensors.add(row, TensorTable::Name::Copy);
        if (!tensor) qFatal("%s", tensor.error().what.c_str());
        return TensorReader(checkpoint_);
    }

    [[nodiscard]] QString path() const { return path_; }

    Storage storage;

private:
    QTemporaryDir dir_;
    QString path_;
    std::shared_ptr<Checkpoint> checkpoint_;
    View view_;
};

// The plain definition: element [i, j, ...] lies at offset + i * stride0 + j * stride1 ...
Bytes gathered(const Bytes& storage, const View& view, std::size_t elementBytes) {
    const std::uint64_t count =
        std::accumulate(view.shape.begin(), view.shape.end(), std::uint64_t{1}, std::multiplies<>());
    Bytes out;
    for (std::uint64_t n = 0; n < count; ++n) {
        std::uint64_t rest = n;
        std::uint64_t at = view.offset;
        for (std::size_t d = view.shape.size(); d-- > 0;) {
            at += (rest % view.shape[d]) * std::uint64_t(view.stride[d]);
            rest /= view.shape[d];
        }
        out.insert(out.end(), storage.begin() + std::ptrdiff_t(at * elementBytes),
                   storage.begin() + std::ptrdiff_t((at + 1) * elementBytes));
    }
    return out;
}

}  // namespace

Q_DECLARE_METATYPE(View)

class TstTensorReader : public QObject {
    Q_OBJECT

private slots:
    // Any range of values, whatever block it starts and ends in.
    void blockTypesAsValues() {
        constexpr std::size_t kBlocks = 2100;  // more than are read at a time
        const Bytes content = countingBytes(kBlocks * 18);
        OneTensor one(content, {DType::Q4_0, {kBlocks, 32}});
        auto reader = one.reader();
        std::vector<float> all(kBlocks * 32);
        QVERIFY(dequantizeBlocks(DType::Q4_0, content, all));
        for (const auto& [first, count] : {std::pair<std::size_t, std::size_t>{0, all.size()},
                                           {0, 1},
                                           {31, 2},
                                           {5, 7},
                                           {64, 32},
                                           {1000, 40'000},
                                           {all.size() - 1, 1},
                                           {all.size(), 0}}) {
            Bytes out(count * sizeof(float));
            QVERIFY(reader.readValues(TensorId(0), first, out));
            QVERIFY(std::memcmp(out.data(), all.data() + first, out.size()) == 0);
        }
        Bytes out(8);
        QCOMPARE(reader.readValues(TensorId(0), all.size() - 1, out).error().code, Errc::OutOfBounds);
    }

    void views_data() {
        QTest::addColumn<View>("view");
        QTest::addColumn<int>("elementBytes");
        QTest::newRow("contiguous") << View{DType::F32, {5, 7}, {7, 1}} << 4;
        QTest::newRow("contiguous from the middle") << View{DType::F16, {5, 7}, {7, 1}, 11} << 2;
        QTest::newRow("scalar") << View{DType::I64, {}, {}, 3} << 8;
        QTest::newRow("empty") << View{DType::F32, {0, 3}, {3, 1}} << 4;
        QTest::newRow("transposed") << View{DType::F32, {70, 90}, {1, 70}} << 4;
        QTest::newRow("transposed bytes") << View{DType::U8, {70, 90}, {1, 70}, 5} << 1;
        QTest::newRow("transposed complex") << View{DType::C128, {7, 9}, {1, 7}} << 16;
        QTest::newRow("every second") << View{DType::I16, {30}, {2}, 1} << 2;
        QTest::newRow("columns of rows") << View{DType::F64, {8, 5}, {20, 1}, 3} << 8;
        QTest::newRow("long rows") << View{DType::F32, {3, 5000}, {6000, 1}, 7} << 4;
        QTest::newRow("expanded") << View{DType::F32, {4, 6}, {0, 1}, 2} << 4;
        QTest::newRow("one value") << View{DType::F32, {4, 6}, {0, 0}, 2} << 4;
        QTest::newRow("channels last") << View{DType::BF16, {2, 3, 4, 5}, {60, 1, 15, 3}} << 2;
        QTest::newRow("dimension of 1 with odd stride") << View{DType::F32, {3, 1, 4}, {4, 999, 1}} << 4;
    }

    void views() {
        QFETCH(View, view);
        QFETCH(int, elementBytes);
        const Bytes content = countingBytes(100'000);
        const Bytes expected = gathered(content, view, std::size_t(elementBytes));
        for (const auto encoding : {StorageEncoding::Raw, StorageEncoding::Deflated}) {
            OneTensor one(content, view, encoding);
            auto reader = one.reader();
            Bytes all(expected.size());
            const auto read = reader.readElements(TensorId(0), 0, all);
            QVERIFY2(read.has_value(), read ? "" : read.error().what.c_str());
            QVERIFY(all == expected);
            // The same in pieces that fit no row, and then backwards.
            const std::size_t piece = std::size_t(elementBytes) * 13;
            std::vector<std::size_t> starts;
            for (std::size_t at = 0; at < expected.size(); at += piece) starts.push_back(at);
            Bytes pieces(expected.size());
            for (int pass = 0; pass < 2; ++pass) {
                std::fill(pieces.begin(), pieces.end(), std::byte{});
                for (const std::size_t at : starts) {
                    const auto out = std::span(pieces).subspan(at, std::min(piece, expected.size() - at));
                    QVERIFY(reader.readElements(TensorId(0), at / std::size_t(elementBytes), out).has_value());
                }
                QVERIFY(pieces == expected);
                std::reverse(starts.begin(), starts.end());
            }
        }
    }

    void bigEndian() {
        const Bytes content = countingBytes(48);
        for (const View& view : {View{DType::F32, {3, 4}, {4, 1}}, View{DType::F32, {4, 3}, {1, 4}}}) {
            OneTensor one(content, view, StorageEncoding::Raw, true);
            auto reader = one.reader();
            Bytes all(48);
            QVERIFY(reader.readElements(TensorId(0), 0, all).has_value());
            Bytes expected = gathered(content, view, 4);
            for (std::size_t i = 0; i < expected.size(); i += 4)
                std::reverse(expected.begin() + std::ptrdiff_t(i), expected.begin() + std::ptrdiff_t(i + 4));
            QVERIFY(all == expected);
            // The storage as it lies.
            Bytes raw(content.size());
            QVERIFY(reader.readStorage(StorageId(0), 0, raw).has_value());
            QVERIFY(raw == content);
        }
    }

    void packedTypesAreBytes() {
        const Bytes content = countingBytes(6);
        for (const DType dtype : {DType::F4, DType::Opaque}) {
            OneTensor one(content, {dtype, {12}, {}});
            auto reader = one.reader();
            Bytes part(4);
            QVERIFY(reader.readElements(TensorId(0), 2, part).has_value());
            QVERIFY(std::equal(part.begin(), part.end(), content.begin() + 2));
            QCOMPARE(int(reader.readElements(TensorId(0), 3, part).error().code), int(Errc::OutOfBounds));
        }
    }

    void beyondTheEnd() {
        OneTensor one(countingBytes(48), {DType::F32, {3, 4}, {}});
        auto reader = one.reader();
        Bytes out(8);
        QVERIFY(reader.readElements(TensorId(0), 10, out).has_value());
        QCOMPARE(int(reader.readElements(TensorId(0), 11, out).error().code), int(Errc::OutOfBounds));
        QCOMPARE(int(reader.readElements(TensorId(0), ~std::uint64_t{0}, out).error().code), int(Errc::OutOfBounds));
        QCOMPARE(int(reader.readElements(TensorId(0), 0, std::span(out).first(6)).error().code), int(Errc::Usage));
        QCOMPARE(int(reader.readStorage(StorageId(0), 41, out).error().code), int(Errc::OutOfBounds));
    }

    void localHeader_data() {
        QTest::addColumn<int>("nameBytes");
        QTest::addColumn<int>("signature");
        QTest::addColumn<QString>("complaint");
        QTest::newRow("right") << 70 << 0x04034B50 << "";
        QTest::newRow("leads elsewhere") << 71 << 0x04034B50 << "leads to byte 101, the zip directory to byte 100";
        QTest::newRow("no header") << 70 << 0x12345678 << "0x12345678 (expected 0x04034b50)";
    }

    void localHeader() {
        QFETCH(int, nameBytes);
        QFETCH(int, signature);
        QFETCH(QString, complaint);
        OneTensor one(countingBytes(48), {DType::F32, {3, 4}, {}});
        QByteArray header(30, '\0');
        std::memcpy(header.data(), &signature, 4);
        header[26] = char(nameBytes);
        QFile file(one.path());
        QVERIFY(file.open(QIODevice::ReadWrite));
        file.write(header);
        file.close();
        one.storage.headerOffset = 0;
        auto reader = one.reader();
        Bytes out(48);
        const auto read = reader.readElements(TensorId(0), 0, out);
        QCOMPARE(read.has_value(), complaint.isEmpty());
        if (read) return;
        QCOMPARE(int(read.error().code), int(Errc::Corrupt));
        QCOMPARE(read.error().offset, std::uint64_t{0});
        QVERIFY2(read.error().what.find(complaint.toStdString()) != std::string::npos, read.error().what.c_str());
        QVERIFY(read.error().what.find("'t'") != std::string::npos);
        QCOMPARE(QString::fromStdString(read.error().path), one.path());
    }

    void legacyCount() {
        for (const int count : {12, 13}) {
            OneTensor one(countingBytes(48), {DType::F32, {3, 4}, {}});
            QFile file(one.path());
            QVERIFY(file.open(QIODevice::ReadWrite));
            const std::uint64_t words[] = {std::uint64_t(count)};
            file.write(reinterpret_cast<const char*>(words), 8);
            file.close();
            one.storage.headerOffset = 0;
            one.storage.headerCount = 12;
            auto reader = one.reader();
            Bytes out(48);
            QCOMPARE(reader.readElements(TensorId(0), 0, out).has_value(), count == 12);
        }
    }

    void brokenDeflateStream() {
        const Bytes content = countingBytes(100'000);
        OneTensor cut(content, {DType::U8, {100'000}, {}}, StorageEncoding::Deflated);
        cut.storage.storedBytes /= 2;
        Bytes out(content.size());
        auto cutReader = cut.reader();
        const auto truncated = cutReader.readElements(TensorId(0), 0, out);
        QCOMPARE(int(truncated.error().code), int(Errc::Truncated));
        QCOMPARE(truncated.error().offset, kDataOffset + cut.storage.storedBytes);

        OneTensor longer(content, {DType::U8, {100'001}, {}}, StorageEncoding::Deflated);
        longer.storage.bytes += 1;
        out.resize(content.size() + 1);
        auto longReader = longer.reader();
        QCOMPARE(int(longReader.readElements(TensorId(0), 0, out).error().code), int(Errc::Truncated));

        OneTensor garbage(content, {DType::U8, {100'000}, {}}, StorageEncoding::Deflated);
        garbage.storage.offset += 1;
        out.resize(content.size());
        auto garbageReader = garbage.reader();
        QVERIFY(!garbageReader.readElements(TensorId(0), 0, out));
    }

    void noBytes() {
        OneTensor one(countingBytes(48), {DType::F32, {3, 4}, {}}, StorageEncoding::Raw);
        one.storage.encoding = StorageEncoding::Absent;
        auto reader = one.reader();
        Bytes out(4);
        QCOMPARE(int(reader.readElements(TensorId(0), 0, out).error().code), int(Errc::Unsupported));
    }

    void fileCutShortMeanwhile() {
        for (const View& view : {View{DType::U8, {100'000}, {1}}, View{DType::U8, {250, 400}, {1, 250}}}) {
            OneTensor one(countingBytes(100'000), view);
            auto reader = one.reader();
            QVERIFY(QFile::resize(one.path(), 4096));
            Bytes out(100'000);
            const auto read = reader.readElements(TensorId(0), 0, out);
            QVERIFY(!read);
            QCOMPARE(QString::fromStdString(read.error().path), one.path());
        }
    }
};

QTEST_APPLESS_MAIN(TstTensorReader)
#include "tst_tensor_reader.moc"
