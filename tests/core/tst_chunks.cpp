// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cstring>
#include <memory>
#include <numeric>
#include <vector>

#include "checkpoint/tensor_reader.h"

using namespace plimsoll;

namespace {

using Dims = std::vector<std::uint64_t>;

// A box of the tensor; `transposed`: its first two dimensions lie the other way round in the file.
struct Box {
    Dims start;
    Dims shape;
    bool transposed = false;
    bool bigEndian = false;
};

std::uint64_t product(const Dims& shape) {
    return std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
}

// A file that holds the boxes of a tensor whose element i is the number i, one after the other.
class ChunkFile {
public:
    explicit ChunkFile(Dims shape) { tensor.shape = std::move(shape); }

    void add(const Box& box) {
        TensorChunk chunk;
        chunk.start = box.start;
        chunk.shape = box.shape;
        chunk.strideElems.assign(box.shape.size(), 1);
        std::vector<std::size_t> order(box.shape.size());
        std::iota(order.begin(), order.end(), 0U);
        if (box.transposed) std::swap(order[0], order[1]);
        std::int64_t stride = 1;
        for (std::size_t i = order.size(); i-- > 0;) {
            chunk.strideElems[order[i]] = stride;
            stride *= std::int64_t(box.shape[order[i]]);
        }
        chunk.file = FileId(0);
        chunk.offset = std::uint64_t(content_.size());
        chunk.bytes = product(box.shape) * 4;
        chunk.bigEndian = box.bigEndian;
        QByteArray bytes(qsizetype(chunk.bytes), '\0');
        for (std::uint64_t i = 0; i < product(box.shape); ++i) {
            std::uint64_t rest = i;
            std::uint64_t element = 0;
            std::uint64_t scale = 1;
            std::uint64_t at = 0;
            for (std::size_t d = box.shape.size(); d-- > 0;) {
                const std::uint64_t index = rest % box.shape[d];
                rest /= box.shape[d];
                element += (box.start[d] + index) * scale;
                scale *= tensor.shape[d];
                at += index * std::uint64_t(chunk.strideElems[d]);
            }
            for (std::uint64_t b = 0; b < 4; ++b)
                bytes[qsizetype(at * 4 + (box.bigEndian ? 3 - b : b))] = char((element >> (8 * b)) & 0xFF);
        }
        content_ += bytes;
        tensor.chunks.push_back(std::move(chunk));
    }

    std::shared_ptr<Checkpoint> checkpoint() {
        auto result = std::make_shared<Checkpoint>();
        const QString path = dir_.filePath("chunks");
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(content_) != content_.size()) qFatal("write");
        file.close();
        auto mapping = MappedFile::open(path.toStdString());
        if (!mapping) qFatal("%s", mapping.error().what.c_str());
        result->files.push_back({path.toStdString(), "chunks", (*mapping)->size(), *mapping});
        const auto storage = result->tensors.addChunked(tensor, "t");
        if (!storage) qFatal("%s", storage.error().what.c_str());
        TensorRow row;
        row.name = "t";
        row.dtype = tensor.dtype;
        row.shape = tensor.shape;
        row.storage = *storage;
        if (!result->tensors.add(row, TensorTable::Name::Copy)) qFatal("add");
        return result;
    }

    ChunkedTensor tensor{DType::I32, {}, {}};

private:
    QTemporaryDir dir_;
    QByteArray content_;
};

}  // namespace

class TstChunks : public QObject {
    Q_OBJECT

private slots:
    void everyRange_data() {
        QTest::addColumn<QList<quint64>>("shape");
        QTest::addColumn<int>("cut");
        QTest::newRow("rows") << QList<quint64>{6, 4} << 0;
        QTest::newRow("columns") << QList<quint64>{5, 6} << 1;
        QTest::newRow("the middle of three") << QList<quint64>{3, 6, 2} << 1;
        QTest::newRow("the last of three") << QList<quint64>{2, 3, 5} << 2;
        QTest::newRow("a vector") << QList<quint64>{9} << 0;
    }

    // Two chunks, cut along one dimension; every range of elements, and bytes that are no whole elements.
    void everyRange() {
        QFETCH(const QList<quint64>, shape);
        QFETCH(const int, cut);
        for (const bool odd : {false, true}) {
            ChunkFile file(Dims(shape.begin(), shape.end()));
            Dims first(shape.begin(), shape.end());
            Dims second = first;
            Dims start(first.size(), 0);
            first[std::size_t(cut)] /= 2;
            second[std::size_t(cut)] -= first[std::size_t(cut)];
            Dims behind = start;
            behind[std::size_t(cut)] = first[std::size_t(cut)];
            // In the file the second comes first.
            file.add({behind, second, odd && shape.size() > 1, odd});
            file.add({start, first, false, false});
            const auto checkpoint = file.checkpoint();
            TensorReader reader(checkpoint);
            const std::uint64_t total = product(file.tensor.shape);
            for (std::uint64_t from = 0; from <= total; ++from) {
                for (std::uint64_t to = from; to <= total; ++to) {
                    std::vector<std::uint32_t> values(std::size_t(to - from));
                    QVERIFY(reader.readElements(TensorId(0), from, std::as_writable_bytes(std::span(values))));
                    for (std::uint64_t i = from; i < to; ++i) QCOMPARE(std::uint64_t(values[std::size_t(i - from)]), i);
                }
            }
            std::vector<std::byte> bytes(7);
            QVERIFY(reader.readStorage(StorageId(0), 6, bytes));
            const std::uint32_t parts[] = {1, 2, 3};
            QCOMPARE(std::memcmp(bytes.data(), reinterpret_cast<const char*>(parts) + 2, bytes.size()), 0);
        }
    }

    void flaws_data() {
        QTest::addColumn<int>("flaw");
        QTest::addColumn<int>("code");
        const auto row = [](const char* name, int flaw, Errc code) { QTest::newRow(name) << flaw << int(code); };
        row("a gap", 0, Errc::Corrupt);
        row("an overlap", 1, Errc::Corrupt);
        row("outside the tensor", 2, Errc::OutOfBounds);
        row("another rank", 3, Errc::Corrupt);
        row("beyond its storage", 4, Errc::OutOfBounds);
        row("a start that wraps", 5, Errc::OutOfBounds);
        row("packed elements", 6, Errc::Unsupported);
        row("a negative stride", 7, Errc::Corrupt);
    }

    void flaws() {
        QFETCH(const int, flaw);
        QFETCH(const int, code);
        ChunkFile file({4, 4});
        file.add({{0, 0}, {2, 4}});
        file.add({{2, 0}, {2, 4}});
        QVERIFY(checkChunks(file.tensor));
        TensorChunk& last = file.tensor.chunks.back();
        switch (flaw) {
            case 0:
                file.tensor.chunks.pop_back();
                break;
            case 1:
                last.start[0] = 1;
                break;
            case 2:
                last.start[1] = 1;
                break;
            case 3:
                last.start.push_back(0);
                break;
            case 4:
                last.originElems = 1;
                break;
            case 5:
                last.start[0] = ~std::uint64_t{0} - 1;
                break;
            case 6:
                file.tensor.dtype = DType::F4;
                break;
            default:
                last.strideElems[0] = -4;
                break;
        }
        const auto checked = checkChunks(file.tensor);
        QVERIFY(!checked);
        QCOMPARE(int(checked.error().code), code);
        TensorTable table;
        QVERIFY(!table.addChunked(file.tensor, "t"));
        QVERIFY(table.storages().empty());
    }
};

QTEST_APPLESS_MAIN(TstChunks)
#include "tst_chunks.moc"
