// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <memory>

#include "convert/derived_checkpoint.h"

using namespace plimsoll;

class TstDerivedCheckpoint : public QObject {
    Q_OBJECT

private slots:
    // A table's numbers of locations mean nothing in another one.
    void keepsWhereAStorageWas();
};

void TstDerivedCheckpoint::keepsWhereAStorageWas() {
    const auto source = std::make_shared<Checkpoint>();
    source->files.emplace_back();
    TensorTable& tensors = source->tensors;
    for (const char* place : {"cpu", "cuda:0", "cuda:1", "cuda:0"}) {
        Storage storage;
        storage.file = FileId(0);
        storage.bytes = 8;
        storage.location = tensors.addLocation(place);
        TensorRow row;
        const std::string name = std::to_string(tensors.size());
        row.name = name;
        row.dtype = DType::F32;
        const std::uint64_t shape = 2;
        row.shape = {&shape, 1};
        row.storage = tensors.addStorage(storage);
        QVERIFY(tensors.add(row, TensorTable::Name::Copy));
    }

    DerivedCheckpoint derived;
    const auto files = derived.addFiles(source);
    for (const std::uint32_t row : {2U, 3U, 0U})
        QVERIFY(derived.whole(tensors, TensorId(row), tensors.name(TensorId(row)), files));
    const auto made = derived.finish("made");
    const auto placeOf = [&](std::uint32_t row) {
        return std::string(made->tensors.location(made->tensors.storage(TensorId(row)).location));
    };
    QCOMPARE(placeOf(0), std::string("cuda:1"));
    QCOMPARE(placeOf(1), std::string("cuda:0"));
    QCOMPARE(placeOf(2), std::string("cpu"));
}

QTEST_APPLESS_MAIN(TstDerivedCheckpoint)
#include "tst_derived_checkpoint.moc"
