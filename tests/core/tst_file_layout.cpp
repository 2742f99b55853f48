// SPDX-License-Identifier: GPL-3.0-or-later
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include "audit/file_layout.h"
#include "formats/registry.h"
#include "zip_builder.h"

using namespace plimsoll;

namespace {

// "kind name begin-end", a line for each part.
QStringList linesOf(const FileLayout& layout) {
    static const char* const kKinds[] = {"tensor", "unused", "record", "before", "between", "after"};
    QStringList lines;
    for (std::size_t i = 0; i < layout.parts.size(); ++i) {
        const FilePart& part = layout.parts[i];
        QString line = QLatin1String(kKinds[static_cast<std::size_t>(part.kind)]);
        if (part.kind == FilePart::Kind::Tensor || part.kind == FilePart::Kind::Record)
            line += QLatin1Char(' ') + QString::fromStdString(layout.words(i));
        lines << QStringLiteral("%1 %2-%3").arg(line).arg(part.begin).arg(layout.end(i));
    }
    return lines;
}

// What every layout must be: without gaps, from the first byte to the last.
void verifyWhole(const FileLayout& layout) {
    QVERIFY(!layout.parts.empty());
    QCOMPARE(layout.parts.front().begin, std::uint64_t{0});
    std::uint64_t outside = 0;
    std::uint64_t unused = 0;
    for (std::size_t i = 0; i < layout.parts.size(); ++i) {
        QVERIFY(layout.end(i) > layout.parts[i].begin);
        QCOMPARE(layout.partAt(layout.parts[i].begin), i);
        QCOMPARE(layout.partAt(layout.end(i) - 1), i);
        QVERIFY(!layout.words(i).empty());
        const std::uint64_t bytes = layout.end(i) - layout.parts[i].begin;
        if (layout.parts[i].kind == FilePart::Kind::Unused)
            unused += bytes;
        else if (layout.parts[i].kind != FilePart::Kind::Tensor)
            outside += bytes;
    }
    QCOMPARE(layout.end(layout.parts.size() - 1), layout.bytes);
    QCOMPARE(layout.outsideBytes, outside);
    QCOMPARE(layout.unusedBytes, unused);
}

struct View {
    std::string name;
    std::uint32_t storage;
    std::uint64_t offset;
    std::vector<std::uint64_t> shape;
    std::vector<std::int64_t> stride;
};

}  // namespace

class TstFileLayout : public QObject {
    Q_OBJECT
private slots:
    void init() { QVERIFY(dir_.isValid()); }
    void places_data();
    void places();
    void namesRecords();
    void isEmptyWithoutFile();
    void stops();

private:
    // A file of so many bytes, with storages of it and f32 views of these.
    std::shared_ptr<Checkpoint> made(std::uint64_t bytes,
                                     const std::vector<std::pair<std::uint64_t, std::uint64_t>>& storages,
                                     const std::vector<View>& views) {
        const QString path = dir_.filePath(QStringLiteral("made"));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || !file.resize(static_cast<qint64>(bytes))) return nullptr;
        file.close();
        auto mapping = MappedFile::open(path.toStdString());
        if (!mapping) return nullptr;
        auto checkpoint = std::make_shared<Checkpoint>();
        checkpoint->files.push_back({path.toStdString(), "made", bytes, *mapping});
        for (const auto& [offset, length] : storages) {
            Storage storage;
            storage.file = FileId(0);
            storage.offset = offset;
            storage.bytes = storage.storedBytes = length;
            (void)checkpoint->tensors.addStorage(storage);
        }
        for (const View& view : views) {
            TensorRow row;
            row.name = view.name;
            row.shape = view.shape;
            row.strideElems = view.stride;
            row.storage = StorageId(view.storage);
            row.storageOffsetElems = view.offset;
            if (!checkpoint->tensors.add(row, TensorTable::Name::Copy)) return nullptr;
        }
        return checkpoint;
    }
    QTemporaryDir dir_;
};

using Storages = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

void TstFileLayout::places_data() {
    QTest::addColumn<Storages>("storages");
    QTest::addColumn<std::vector<View>>("views");
    QTest::addColumn<QStringList>("lines");
    const auto row = [](const char* what, const Storages& storages, const std::vector<View>& views,
                        const QString& lines) {
        QTest::newRow(what) << storages << views << lines.split(QStringLiteral(", "));
    };
    row("no tensor", {}, {}, QStringLiteral("before 0-400"));
    row("one behind the other", {{8, 80}, {88, 312}}, {{"a", 0, 0, {20}, {}}, {"b", 1, 0, {78}, {}}},
        QStringLiteral("before 0-8, tensor a 8-88, tensor b 88-400"));
    row("not in the order of the table", {{200, 40}, {100, 40}}, {{"a", 0, 0, {10}, {}}, {"b", 1, 0, {10}, {}}},
        QStringLiteral("before 0-100, tensor b 100-140, between 140-200, tensor a 200-240, after 240-400"));
    row("unused at both ends and between", {{0, 400}}, {{"a", 0, 10, {10}, {}}, {"b", 0, 40, {10}, {}}},
        QStringLiteral("unused 0-40, tensor a 40-80, unused 80-160, tensor b 160-200, unused 200-400"));
    row("a storage without a tensor", {{100, 100}}, {}, QStringLiteral("before 0-100, unused 100-200, after 200-400"));
    row("tied: the first has the bytes", {{0, 400}}, {{"a", 0, 0, {100}, {}}, {"b", 0, 0, {100}, {}}},
        QStringLiteral("tensor a 0-400"));
    row("overlapping views", {{0, 400}}, {{"a", 0, 0, {60}, {}}, {"b", 0, 40, {60}, {}}},
        QStringLiteral("tensor a 0-240, tensor b 240-400"));
    row("a view inside another", {{0, 400}}, {{"part", 0, 10, {10}, {}}, {"all", 0, 0, {100}, {}}},
        QStringLiteral("tensor all 0-400"));
    row("a view with gaps counts whole", {{0, 400}}, {{"a", 0, 0, {5, 2}, {20, 1}}},
        QStringLiteral("tensor a 0-328, unused 328-400"));
    row("an empty tensor has no place", {{0, 400}}, {{"a", 0, 0, {100}, {}}, {"none", 0, 5, {0}, {}}},
        QStringLiteral("tensor a 0-400"));
    row("overlapping storages", {{0, 200}, {100, 200}}, {{"a", 0, 0, {10}, {}}},
        QStringLiteral("tensor a 0-40, unused 40-300, after 300-400"));
    row("a storage behind the end is cut", {{300, 200}}, {{"a", 0, 0, {50}, {}}},
        QStringLiteral("before 0-300, tensor a 300-400"));
}

void TstFileLayout::places() {
    QFETCH(const Storages, storages);
    QFETCH(const std::vector<View>, views);
    QFETCH(const QStringList, lines);
    const auto checkpoint = made(400, storages, views);
    QVERIFY(checkpoint);
    const FileLayout layout = layOutFile(checkpoint, FileId(0));
    QCOMPARE(linesOf(layout), lines);
    verifyWhole(layout);
    for (std::uint32_t i = 0; i < checkpoint->tensors.size(); ++i)
        if (const auto part = layout.partOf(TensorId(i))) QCOMPARE(layout.parts[*part].tensor, TensorId(i));
}

void TstFileLayout::namesRecords() {
    ZipBuilder builder;
    std::string head = "{'descr': '<f4', 'fortran_order': False, 'shape': (8,), }";
    head.resize(117, ' ');
    head += '\n';
    const std::string npy = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + head + std::string(32, '\1');
    builder.members = {{"a.npy", npy}, {"notes.txt", "not an array"}, {"b.npy", npy}};
    const auto built = builder.build();
    const QString path = dir_.filePath(QStringLiteral("a.npz"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(reinterpret_cast<const char*>(built.bytes.data()), static_cast<qint64>(built.bytes.size()));
    file.close();
    const auto checkpoint = openCheckpoint(path.toStdString());
    QVERIFY2(checkpoint.has_value(), checkpoint ? "" : checkpoint.error().what.c_str());
    const FileLayout layout = layOutFile(*checkpoint, FileId(0));
    verifyWhole(layout);
    const auto first = static_cast<qulonglong>(built.local[1] - 32);
    const auto second = static_cast<qulonglong>(built.local[1]);
    const auto third = static_cast<qulonglong>(built.local[2]);
    const QStringList lines = linesOf(layout);
    QCOMPARE(lines.size(), 6);
    QCOMPARE(lines.at(0), QStringLiteral("before 0-%1").arg(first));
    QCOMPARE(lines.at(1), QStringLiteral("tensor a %1-%2").arg(first).arg(second));
    QCOMPARE(lines.at(2), QStringLiteral("record notes.txt %1-%2").arg(second).arg(third));
    QVERIFY(lines.at(3).startsWith(QStringLiteral("between ")));
    QVERIFY(lines.at(4).startsWith(QStringLiteral("tensor b ")));
    QVERIFY(lines.at(5).startsWith(QStringLiteral("after ")));
}

void TstFileLayout::isEmptyWithoutFile() {
    auto checkpoint = made(400, {{0, 400}}, {{"a", 0, 0, {100}, {}}});
    QVERIFY(checkpoint);
    checkpoint->files[0].mapping = nullptr;
    QVERIFY(layOutFile(checkpoint, FileId(0)).parts.empty());
}

void TstFileLayout::stops() {
    std::stop_source stop;
    stop.request_stop();
    const auto checkpoint = made(400, {{0, 400}}, {{"a", 0, 0, {100}, {}}});
    QVERIFY(layOutFile(checkpoint, FileId(0), stop.get_token()).parts.empty());
}

QTEST_APPLESS_MAIN(TstFileLayout)
#include "tst_file_layout.moc"
