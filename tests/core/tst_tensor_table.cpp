// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/tensor_table.h"

using namespace plimsoll;

namespace {

struct Layout {
    std::vector<std::uint64_t> shape = {};
    std::vector<std::int64_t> stride = {};  // empty: contiguous
    std::uint64_t offset = 0;
    DType dtype = DType::F32;
    std::uint64_t storageBytes = 48;
    StorageEncoding encoding = StorageEncoding::Raw;
};

Result<TensorId> addTo(TensorTable& table, const Layout& layout) {
    Storage storage;
    storage.file = FileId(0);
    storage.offset = 1000;
    storage.bytes = layout.storageBytes;
    storage.storedBytes = layout.storageBytes;
    storage.encoding = layout.encoding;
    TensorRow row;
    row.name = "layer.weight";
    row.dtype = layout.dtype;
    row.shape = layout.shape;
    row.strideElems = layout.stride;
    row.storageOffsetElems = layout.offset;
    row.storage = table.addStorage(storage);
    return table.add(row, TensorTable::Name::Copy);
}

constexpr std::uint64_t kHuge = std::uint64_t{1} << 62U;

}  // namespace

Q_DECLARE_METATYPE(Layout)
Q_DECLARE_METATYPE(std::optional<Errc>)

class TstTensorTable : public QObject {
    Q_OBJECT

private slots:
    void layouts_data() {
        QTest::addColumn<Layout>("layout");
        QTest::addColumn<std::optional<Errc>>("error");
        QTest::addColumn<quint64>("nbytes");
        const std::optional<Errc> fine;
        const auto row = [](const char* what, const Layout& layout, std::optional<Errc> error,
                            std::uint64_t nbytes = 0) { QTest::newRow(what) << layout << error << quint64{nbytes}; };
        row("fills its storage", {{3, 4}}, fine, 48);
        row("scalar", {{}, {}, 11}, fine, 4);
        row("scalar behind the end", {{}, {}, 12}, Errc::OutOfBounds);
        row("one element too many", {{13}}, Errc::OutOfBounds);
        row("transposed", {{4, 3}, {1, 4}}, fine, 48);
        row("transposed, too far", {{4, 3}, {1, 4}, 1}, Errc::OutOfBounds);
        row("expanded (stride 0)", {{1000, 12}, {0, 1}}, fine, 48000);
        row("negative stride", {{4}, {-1}, 3}, Errc::Corrupt);
        row("strides missing", {{4, 3}, {1}}, Errc::Corrupt);
        row("empty", {{0, 5}}, fine, 0);
        row("empty, anywhere", {{0}, {1}, 1000}, fine, 0);
        row("empty storage", {{0}, {}, 0, DType::F32, 0}, fine, 0);
        row("product overflows", {{kHuge, 4, 4}}, Errc::Overflow);
        row("bytes overflow", {{kHuge}, {0}}, Errc::Overflow);
        row("extent overflows", {{3, 3}, {std::numeric_limits<std::int64_t>::max(), 1}}, Errc::Overflow);
        row("65 dimensions", {std::vector<std::uint64_t>(65, 1)}, Errc::OverLimit);
        row("64 dimensions", {std::vector<std::uint64_t>(64, 1)}, fine, 4);
        row("no bytes behind it", {{1000}, {}, 0, DType::F32, 0, StorageEncoding::Absent}, fine, 4000);
        row("complex", {{3}, {}, 0, DType::C128}, fine, 48);
        row("half a byte left over", {{3}, {}, 0, DType::F4}, Errc::Overflow);
    }

    void layouts() {
        QFETCH(Layout, layout);
        QFETCH(std::optional<Errc>, error);
        QFETCH(quint64, nbytes);
        TensorTable table;
        const auto id = addTo(table, layout);
        if (error) {
            QVERIFY(!id);
            QCOMPARE(int(id.error().code), int(*error));
            QVERIFY2(id.error().what.find("'layer.weight'") != std::string::npos, id.error().what.c_str());
            QCOMPARE(table.size(), std::size_t{0});
            return;
        }
        QVERIFY2(id.has_value(), id ? "" : id.error().what.c_str());
        QCOMPARE(quint64{table.nbytes(*id)}, nbytes);
        QCOMPARE(quint64{table.totalBytes()}, nbytes);
        QVERIFY(std::ranges::equal(table.shape(*id), layout.shape));
        QCOMPARE(table.stride(*id).size(), layout.shape.size());
    }

    void failedRowLeavesNothing() {
        TensorTable table;
        QVERIFY(!addTo(table, {{kHuge, 4, 4}}));
        QVERIFY(!addTo(table, {{13}}));
        const auto id = addTo(table, {{3, 4}});
        QVERIFY(id.has_value());
        QVERIFY(std::ranges::equal(table.shape(*id), std::vector<std::uint64_t>{3, 4}));
        QVERIFY(std::ranges::equal(table.stride(*id), std::vector<std::int64_t>{4, 1}));
    }

    void fileOffsets() {
        TensorTable table;
        const auto view = addTo(table, {{2, 2}, {}, 5});
        QCOMPARE(table.fileOffset(*view), std::optional<std::uint64_t>(1000 + 5 * 4));
        const auto emptyFarAway = addTo(table, {{0}, {1}, 1000});
        QCOMPARE(table.fileOffset(*emptyFarAway), std::optional<std::uint64_t>());
        const auto deflated = addTo(table, {{2}, {}, 0, DType::F32, 48, StorageEncoding::Deflated});
        QCOMPARE(table.fileOffset(*deflated), std::optional<std::uint64_t>());
    }

    void namesLiveWithTheTable() {
        TensorTable table;
        std::vector<std::string_view> names;
        for (int i = 0; i < 20'000; ++i) names.push_back(table.intern("name " + std::to_string(i)));
        const std::string large(200'000, 'x');
        QCOMPARE(table.intern(large), std::string_view(large));
        const TensorTable moved = std::move(table);
        for (int i = 0; i < 20'000; ++i) QCOMPARE(names[std::size_t(i)], "name " + std::to_string(i));
    }

    void renaming() {
        TensorTable table;
        const auto id = addTo(table, {{1}});
        table.rename(*id, std::string("gone soon"), TensorTable::Name::Copy);
        QCOMPARE(table.name(*id), std::string_view("gone soon"));
    }
};

QTEST_APPLESS_MAIN(TstTensorTable)
#include "tst_tensor_table.moc"
