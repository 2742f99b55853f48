// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <stop_token>
#include <string>
#include <vector>

#include "checkpoint/filter.h"

using namespace plimsoll;

namespace {

TensorTable sampleTable() {
    TensorTable table;
    Storage storage;
    storage.bytes = 64'000'000;
    const auto storageId = table.addStorage(storage);
    const auto add = [&](std::string_view name, DType dtype, std::vector<std::uint64_t> shape) {
        TensorRow row;
        row.name = name;
        row.dtype = dtype;
        row.shape = shape;
        row.storage = storageId;
        if (const auto id = table.add(row, TensorTable::Name::Copy); !id) qFatal("%s", id.error().what.c_str());
    };
    add("layers.0.attn.weight", DType::F32, {4096, 1024});
    add("layers.1.attn.weight", DType::BF16, {4096, 1024});
    add("layers.1.attn.bias", DType::BF16, {4096});
    add("layers.10.MLP.weight", DType::F32, {1024, 4096});
    add("step", DType::I64, {});
    return table;
}

}  // namespace

class TstFilter : public QObject {
    Q_OBJECT

private slots:
    void matching_data() {
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<QList<int>>("rows");
        QTest::newRow("nothing asked") << "" << QList<int>{0, 1, 2, 3, 4};
        QTest::newRow("blanks") << " \t " << QList<int>{0, 1, 2, 3, 4};
        QTest::newRow("glob on the whole name") << "*.weight" << QList<int>{0, 1, 3};
        QTest::newRow("glob must reach the end") << "layers.*.attn" << QList<int>{};
        QTest::newRow("one character") << "layers.?.attn.*" << QList<int>{0, 1, 2};
        QTest::newRow("class") << "layers.[0-1].*" << QList<int>{0, 1, 2};
        QTest::newRow("anywhere") << "attn" << QList<int>{0, 1, 2};
        QTest::newRow("regex anywhere") << "/attn/" << QList<int>{0, 1, 2};
        QTest::newRow("regex, anchored") << "/^layers\\.[01]\\..*weight$/" << QList<int>{0, 1};
        QTest::newRow("regex, case does not matter") << "/^LAYERS/ *.weight" << QList<int>{0, 1, 3};
        QTest::newRow("one slash is a part of a name") << "/" << QList<int>{};
        QTest::newRow("case does not matter") << "mlp" << QList<int>{3};
        QTest::newRow("case does not matter in the pattern") << "LAYERS.1.*" << QList<int>{1, 2};
        QTest::newRow("short dtype") << "dtype:bf16" << QList<int>{1, 2};
        QTest::newRow("torch's dtype") << "dtype:int64" << QList<int>{4};
        QTest::newRow("safetensors' dtype") << "dtype:F32" << QList<int>{0, 3};
        QTest::newRow("larger") << "size>8MiB" << QList<int>{0, 3};
        QTest::newRow("not larger than itself") << "size>16777216" << QList<int>{};
        QTest::newRow("smaller") << "size<1M" << QList<int>{2, 4};
        QTest::newRow("shape") << "shape:4096x1024" << QList<int>{0, 1};
        QTest::newRow("any dimension") << "shape:*x4096" << QList<int>{3};
        QTest::newRow("one dimension") << "shape:*" << QList<int>{2};
        QTest::newRow("all must hold") << "attn dtype:bf16 size>1M" << QList<int>{1};
    }

    void matching() {
        QFETCH(QString, pattern);
        QFETCH(QList<int>, rows);
        const auto table = sampleTable();
        const auto filter = Filter::parse(pattern.toStdString());
        QVERIFY2(filter.has_value(), filter ? "" : filter.error().what.c_str());
        QList<int> found;
        for (const auto id : filterTensors(table, *filter)) found.append(int(id.value));
        QCOMPARE(found, rows);
        QCOMPARE(filter->matchesAll(), pattern.trimmed().isEmpty());
    }

    // Many rows are split among threads; each row must still be judged by itself.
    void manyRows() {
        TensorTable table;
        Storage fourBytes;
        fourBytes.bytes = 4;
        const auto storage = table.addStorage(fourBytes);
        for (int i = 0; i < 230'000; ++i) {
            TensorRow row;
            const auto name = "Layer." + std::to_string(i) + (i % 3 == 0 ? ".A" : ".b");
            row.name = name;
            row.storage = storage;
            QVERIFY(table.add(row, TensorTable::Name::Copy).has_value());
        }
        const auto filter = Filter::parse("layer *.a");
        QVERIFY(filter.has_value());
        const auto matched = matchTensors(table, *filter);
        QCOMPARE(matched.size(), table.size());
        for (std::uint32_t i = 0; i < matched.size(); ++i) QCOMPARE(int(matched[i]), i % 3 == 0 ? 1 : 0);
        std::stop_source stop;
        stop.request_stop();
        const auto stopped = matchTensors(table, *filter, stop.get_token());
        QCOMPARE(std::count(stopped.begin(), stopped.end(), 1), 0);
    }

    void wrongWords_data() {
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<QString>("wrong");
        QTest::newRow("dtype") << "attn dtype:f31"
                               << "dtype:f31";
        QTest::newRow("regex") << "attn /a(b/"
                               << "/a(b/";
        QTest::newRow("size") << "size>big"
                              << "size>big";
        QTest::newRow("shape") << "shape:4xq weight"
                               << "shape:4xq";
        QTest::newRow("empty shape") << "shape:"
                                     << "shape:";
    }

    void wrongWords() {
        QFETCH(QString, pattern);
        QFETCH(QString, wrong);
        const auto filter = Filter::parse(pattern.toStdString());
        QVERIFY(!filter);
        QCOMPARE(int(filter.error().code), int(Errc::Usage));
        QVERIFY2(filter.error().what.find("'" + wrong.toStdString() + "'") != std::string::npos,
                 filter.error().what.c_str());
        QVERIFY2(filter.error().what.find("expected") != std::string::npos, filter.error().what.c_str());
    }
};

QTEST_APPLESS_MAIN(TstFilter)
#include "tst_filter.moc"
