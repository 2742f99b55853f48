// SPDX-License-Identifier: GPL-3.0-or-later
#include <QComboBox>
#include <QHeaderView>
#include <QScrollBar>
#include <QTabBar>
#include <QToolButton>
#include <random>

#include "models/tensor_colours.h"
#include "models/treemap_layout.h"
#include "plots/file_map_painter.h"
#include "plots/file_map_plot.h"
#include "plots/treemap_plot.h"
#include "views/inspect/tree_pane.h"
#include "widgets/breadcrumb.h"
#include "widgets/colour_legend.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

namespace {

std::shared_ptr<const TensorTree> treeOf(const std::vector<samples::Tensor>& tensors, const char* pattern = "") {
    auto checkpoint = samples::inventory(tensors);
    NameTree tree = NameTree::build(checkpoint->tensors);
    auto names = std::make_shared<const TensorNames>(TensorNames{std::move(checkpoint), std::move(tree)});
    return TensorTree::build(std::move(names), {*Filter::parse(pattern), {}, Listing::Tree});
}

double areaOf(const QRectF& rect) {
    return rect.width() * rect.height();
}

}  // namespace

// The treemap and the layout of the file.
class TstMaps : public WindowFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }
    void namesParts_data();
    void namesParts();
    void coloursSevenAndOthers();
    void laysOut_data();
    void laysOut();
    void mergesWhatIsTooSmall();
    void placesOffsets();
    void treemapChoosesAndZooms();
    void treemapWalks();
    void treemapFollowsTheFilter();
    void keyboardGoesAlong();
    void fileMapChooses();
    void fileMapWalksAndZooms();
    void fileMapTurnsToTheShard();
    void keepsColours();
    void listsInTheOrderOfTheFile();

private:
    // Another way of showing, drawn.
    TreemapPlot* treemap() {
        auto* plot = find<TreemapPlot>("treemapPlot");
        QSignalSpy drawn(plot, &TreemapPlot::drawn);
        window_->currentPage()->showTensorsAs(TensorShow::Treemap);
        return plot->picture() != nullptr || drawn.wait(kPatienceMs) ? plot : nullptr;
    }
    FileMapPlot* fileMap() {
        auto* plot = find<FileMapPlot>("fileMapPlot");
        QSignalSpy drawn(plot, &FileMapPlot::drawn);
        window_->currentPage()->showTensorsAs(TensorShow::FileMap);
        return plot->picture() != nullptr || drawn.wait(kPatienceMs) ? plot : nullptr;
    }
    static QPoint middleOf(const TreemapPlot& plot, const char* path) {
        const Treemap& map = plot.picture()->map;
        for (const TreemapCell& cell : map.cells)
            if (map.tree->nodes().path(cell.node) == path && cell.merged == 0) return cell.rect.center().toPoint();
        return {-1, -1};
    }
    static QPoint middleOf(const FileMapPlot& plot, const char* tensor) {
        const FileLayout& layout = *plot.picture()->layout;
        const auto part = layout.partOf(findTensor(layout.checkpoint->tensors, tensor));
        if (!part) return {-1, -1};
        const auto rects = plot.picture()->geometry.rectsOf(layout.parts[*part].begin, layout.end(*part));
        return rects.isEmpty() ? QPoint(-1, -1) : rects.first().center().toPoint();
    }
};

void TstMaps::namesParts_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("part");
    const auto row = [](const char* name, const char* part) { QTest::newRow(name) << name << part; };
    row("h.3.attn.c_attn.weight", "attn");
    row("model.layers.11.mlp.experts.5.w1", "mlp");
    row("model.layers.11.5.w1", "w1");
    row("transformer.wte.weight", "wte");
    row("lm_head.weight", "lm_head");
    row("w", "w");
    row("layers.0", "layers");
    row("", "");
    row("a..b.c", "b");
}

void TstMaps::namesParts() {
    QFETCH(const QString, name);
    QFETCH(const QString, part);
    const std::string text = name.toStdString();
    QCOMPARE(QString::fromStdString(std::string(partOf(text))), part);
}

void TstMaps::coloursSevenAndOthers() {
    std::vector<samples::Tensor> tensors;
    for (int i = 0; i < 10; ++i)
        tensors.push_back({QStringLiteral("part%1.weight").arg(i), {static_cast<quint64>(100 - i)}});
    const auto checkpoint = samples::inventory(tensors);
    const TensorColours colours = colourTensors(*checkpoint, ColourBy::Part);
    QCOMPARE(colours.of.size(), std::size_t{10});
    QCOMPARE(colours.legend.size(), 8);
    for (int i = 0; i < 10; ++i) {
        const int expected = std::min(i, TensorColours::kOther);
        QCOMPARE(static_cast<int>(colours.of[static_cast<std::size_t>(i)]), expected);
        if (i < TensorColours::kOther) QCOMPARE(colours.legend.at(i).name, QStringLiteral("part%1").arg(i));
    }
    QCOMPARE(colours.legend.last().bytes, std::uint64_t{4 * (93 + 92 + 91)});
    QCOMPARE(colourTensors(*checkpoint, ColourBy::DType).legend.size(), 1);
}

void TstMaps::laysOut_data() {
    QTest::addColumn<int>("tensors");
    QTest::addColumn<quint64>("most");
    QTest::newRow("one") << 1 << quint64{100};
    QTest::newRow("some of one size") << 30 << quint64{1};
    QTest::newRow("some of many sizes") << 200 << quint64{100'000};
    QTest::newRow("many") << 20'000 << quint64{1'000};
}

// Areas are as the bytes, cells lie in the one that holds them and beside each other.
void TstMaps::laysOut() {
    QFETCH(const int, tensors);
    QFETCH(const quint64, most);
    std::mt19937_64 random(7);
    std::vector<samples::Tensor> made;
    for (int i = 0; i < tensors; ++i)
        made.push_back(
            {QStringLiteral("m%1.l%2.t%3").arg(random() % 3).arg(random() % 12).arg(i), {random() % most + 1}});
    const auto tree = treeOf(made);
    const Treemap map = layOutTreemap(tree, NameTree::root(), QSizeF(900, 600), 18);
    QVERIFY(map.cells.size() > 1);
    std::uint64_t leaves = 0;
    for (std::size_t i = 0; i < map.cells.size(); ++i) {
        const TreemapCell& cell = map.cells[i];
        if (cell.isModule) continue;
        leaves += cell.bytes;
        QVERIFY(cell.rect.width() >= 0 && cell.rect.height() >= 0);
        const QPointF middle = cell.rect.center();
        if (areaOf(cell.rect) > 1) QCOMPARE(map.cellAt(middle), static_cast<int>(i));
    }
    QCOMPARE(leaves, tree->bytes(NameTree::root()));
    // Siblings have one scale: compare each with the sum of its family.
    for (const TreemapCell& parent : map.cells) {
        if (!parent.isModule) continue;
        double area = 0;
        for (const TreemapCell& cell : map.cells)
            if (cell.depth == parent.depth + 1 && parent.rect.adjusted(-0.01, -0.01, 0.01, 0.01).contains(cell.rect))
                area += areaOf(cell.rect);
        QVERIFY(area <= areaOf(parent.rect) * 1.001);
        for (const TreemapCell& cell : map.cells) {
            if (cell.depth != parent.depth + 1 || !parent.rect.adjusted(-0.01, -0.01, 0.01, 0.01).contains(cell.rect))
                continue;
            const double expected = area * static_cast<double>(cell.bytes) / static_cast<double>(parent.bytes);
            QVERIFY(std::fabs(areaOf(cell.rect) - expected) < 0.02 * expected + 0.01);
        }
    }
}

void TstMaps::mergesWhatIsTooSmall() {
    std::vector<samples::Tensor> made{{QStringLiteral("large"), {1'000'000}}};
    for (int i = 0; i < 500; ++i) made.push_back({QStringLiteral("small%1").arg(i), {1}});
    const Treemap map = layOutTreemap(treeOf(made), NameTree::root(), QSizeF(300, 200), 18);
    QCOMPARE(map.cells.size(), std::size_t{3});
    QCOMPARE(map.cells[2].merged, 500U);
    QCOMPARE(map.cells[2].bytes, std::uint64_t{2000});
    QVERIFY(layOutTreemap(treeOf(made), NameTree::root(), QSizeF(), 18).cells.empty());
    std::stop_source stop;
    stop.request_stop();
    QVERIFY(layOutTreemap(treeOf(made), NameTree::root(), QSizeF(300, 200), 18, stop.get_token()).cells.empty());
}

void TstMaps::placesOffsets() {
    FileMapGeometry geometry;
    geometry.size = QSizeF(340, 100);
    geometry.left = 40;
    geometry.rowHeight = 16;
    geometry.rowGap = 4;
    geometry.fileBytes = 2950;
    geometry.bytesPerRow = 300;
    QCOMPARE(geometry.rows(), std::uint64_t{10});
    QCOMPARE(geometry.visibleRows(), std::uint64_t{5});
    geometry.firstRow = 6;
    for (std::uint64_t offset = 1800; offset < 2950; offset += 7)
        QCOMPARE(geometry.offsetAt(geometry.placeOf(offset) + QPointF(0.5, 2)), std::optional(offset));
    QVERIFY(!geometry.offsetAt({20, 5}));          // the names of rows
    QVERIFY(!geometry.offsetAt({100, 18}));        // between rows
    QVERIFY(!geometry.offsetAt({339, 3.5 * 20}));  // behind the end of the file
    QCOMPARE(geometry.rectsOf(0, 2950).size(), 4);
    QCOMPARE(geometry.rectsOf(1900, 1950).first(), QRectF(140, 0, 50, 16));
}

void TstMaps::treemapChoosesAndZooms() {
    QVERIFY(open(sampleFile()));
    auto* plot = treemap();
    QVERIFY(plot != nullptr && plot->isVisible());
    QTest::mouseClick(plot, Qt::LeftButton, {}, middleOf(*plot, "blocks.1.ff.weight"));
    QCOMPARE(text("tensorName"), QStringLiteral("blocks.1.ff.weight"));
    QVERIFY(plot->accessibleDescription().startsWith(QStringLiteral("blocks.1.ff.weight")));
    QVERIFY(plot->isVisible());
    QSignalSpy drawn(plot, &TreemapPlot::drawn);
    QTest::mouseDClick(plot, Qt::LeftButton, {}, middleOf(*plot, "blocks.1.ff.weight"));
    QVERIFY(drawn.wait(kPatienceMs));
    QCOMPARE(plot->picture()->map.cells.front().bytes, std::uint64_t{3 * 4 * (16 * 16 + 16 + 16 * 32 + 16)});
    const auto steps = find<Breadcrumb>("breadcrumb")->findChildren<QToolButton*>();
    QVERIFY(!steps.isEmpty());
    steps.first()->click();
    QVERIFY(drawn.wait(kPatienceMs));
    QCOMPARE(plot->top(), NameTree::root());
}

void TstMaps::treemapWalks() {
    QVERIFY(open(sampleFile()));
    auto* plot = treemap();
    QVERIFY(plot != nullptr);
    QSignalSpy chosen(plot, &TreemapPlot::chosen);
    QTest::keyClick(plot, Qt::Key_Right);
    QCOMPARE(chosen.size(), 1);
    // Whatever the layout: going right, then down through all reaches other cells, and never one twice in a row.
    QStringList seen;
    for (const auto key : {Qt::Key_Right, Qt::Key_Right, Qt::Key_Down, Qt::Key_Left, Qt::Key_Up, Qt::Key_Down}) {
        QTest::keyClick(plot, key);
        seen << plot->accessibleDescription();
    }
    seen.removeDuplicates();
    QVERIFY(seen.size() >= 3);
    const NodeId module = [&] {
        const Treemap& map = plot->picture()->map;
        for (const TreemapCell& cell : map.cells)
            if (cell.isModule && cell.depth > 0) return cell.node;
        return NameTree::root();
    }();
    plot->setCurrent(module);
    QTest::keyClick(plot, Qt::Key_Return);
    QCOMPARE(plot->top(), module);
    QTest::keyClick(plot, Qt::Key_Backspace);
    QCOMPARE(plot->top(), NameTree::root());
    QSignalSpy drawn(plot, &TreemapPlot::drawn);
    QVERIFY(drawn.wait(kPatienceMs));
    QTest::mouseClick(plot, Qt::LeftButton, {}, middleOf(*plot, "tok_emb.weight"));
    QTest::keyClick(plot, Qt::Key_Return);
    QVERIFY(find<QTableView>("tensorTree")->isVisible());
    QCOMPARE(find<QTableView>("tensorTree")->currentIndex().row(), rowOf("tok_emb.weight"));
}

// From the tree into both maps and back, without a mouse.
void TstMaps::keyboardGoesAlong() {
    QVERIFY(open(sampleFile()));
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QTest::keyClick(window_.get(), Qt::Key_T, Qt::ControlModifier);
    auto* plot = treemap();
    QVERIFY(plot != nullptr && plot->hasFocus());
    QTest::keyClick(plot, Qt::Key_Right);
    QVERIFY(!plot->accessibleDescription().isEmpty());
    QTest::keyClick(window_.get(), Qt::Key_M, Qt::ControlModifier);
    auto* map = fileMap();
    QVERIFY(map != nullptr && map->hasFocus());
    QTest::keyClick(map, Qt::Key_Home);
    QCOMPARE(map->current(), std::optional<std::size_t>(0));
    QTest::keyClick(map, Qt::Key_Right);
    QTest::keyClick(map, Qt::Key_Return);
    auto* table = find<QTableView>("tensorTree");
    QTRY_VERIFY(table->hasFocus());
    QCOMPARE(rowsModel()->tensor(table->currentIndex().row()), map->picture()->layout->parts[1].tensor);
}

void TstMaps::treemapFollowsTheFilter() {
    QVERIFY(open(sampleFile()));
    auto* plot = treemap();
    QVERIFY(plot != nullptr);
    QSignalSpy drawn(plot, &TreemapPlot::drawn);
    find<QLineEdit>("filterLine")->setText(QStringLiteral("ff"));
    QVERIFY(drawn.wait(kPatienceMs));
    QCOMPARE(plot->picture()->map.cells.front().bytes, std::uint64_t{3 * 4 * 16 * 32});
    QCOMPARE(middleOf(*plot, "tok_emb.weight"), QPoint(-1, -1));
    find<QLineEdit>("filterLine")->setText(QStringLiteral("none of them"));
    QVERIFY(drawn.wait(kPatienceMs));
    QVERIFY(plot->picture()->map.cells.empty());
    window_->closeFile();
    QVERIFY(plot->picture() == nullptr);
}

void TstMaps::fileMapChooses() {
    QVERIFY(open(sampleFile()));
    auto* plot = fileMap();
    QVERIFY(plot != nullptr && plot->isVisible());
    const FileLayout& layout = *plot->picture()->layout;
    QCOMPARE(layout.bytes, static_cast<std::uint64_t>(QFileInfo(path("sample.safetensors")).size()));
    QVERIFY(layout.parts.front().kind == FilePart::Kind::Before);
    QTest::mouseClick(plot->viewport(), Qt::LeftButton, {}, middleOf(*plot, "blocks.2.att.weight"));
    QCOMPARE(text("tensorName"), QStringLiteral("blocks.2.att.weight"));
    QVERIFY(plot->accessibleDescription().startsWith(QStringLiteral("blocks.2.att.weight")));
    QVERIFY(!plot->parentWidget()->findChild<ColourLegend*>()->entries().empty());
    // What is pale is not found by the filter, but can be looked at all the same.
    QSignalSpy drawn(plot, &FileMapPlot::drawn);
    find<QLineEdit>("filterLine")->setText(QStringLiteral("norm"));
    QVERIFY(drawn.wait(kPatienceMs));
    QTest::mouseClick(plot->viewport(), Qt::LeftButton, {}, middleOf(*plot, "blocks.0.att.weight"));
    QCOMPARE(text("tensorName"), QStringLiteral("blocks.0.att.weight"));
    QCOMPARE(find<QLineEdit>("filterLine")->text(), QStringLiteral("norm"));
    QTest::keyClick(plot, Qt::Key_Return);
    QVERIFY(find<QTableView>("tensorTree")->isVisible());
    QTRY_COMPARE(find<QTableView>("tensorTree")->currentIndex().row(), rowOf("blocks.0.att.weight"));
}

void TstMaps::fileMapWalksAndZooms() {
    QVERIFY(open(sampleFile()));
    auto* plot = fileMap();
    QVERIFY(plot != nullptr);
    const std::size_t last = plot->picture()->layout->parts.size() - 1;
    QTest::keyClick(plot, Qt::Key_Home);
    QCOMPARE(plot->current(), std::optional<std::size_t>(0));
    for (std::size_t i = 1; i <= last; ++i) {
        QTest::keyClick(plot, Qt::Key_Right);
        QCOMPARE(plot->current(), std::optional(i));
    }
    QTest::keyClick(plot, Qt::Key_Up);
    QVERIFY(plot->current() < last);
    QTest::keyClick(plot, Qt::Key_End);
    QCOMPARE(plot->current(), std::optional(last));
    const std::uint64_t whole = plot->picture()->geometry.bytesPerRow;
    QTest::keyClick(plot, Qt::Key_Plus);
    QTRY_VERIFY(plot->picture()->geometry.bytesPerRow < whole);
    QVERIFY(plot->verticalScrollBar()->maximum() > 0);
    QVERIFY(plot->picture()->geometry.firstRow > 0);  // the current part stays in sight
    find<QToolButton>("fileMapAll")->click();
    // Whatever was drawn in between.
    QTRY_VERIFY(plot->picture()->geometry.rows() <= plot->picture()->geometry.visibleRows());
    QCOMPARE(plot->verticalScrollBar()->maximum(), 0);
    for (int i = 0; i < 60; ++i) QTest::keyClick(plot, Qt::Key_Plus);
    QTRY_COMPARE(plot->picture()->geometry.bytesPerRow, std::uint64_t{64});
}

void TstMaps::fileMapTurnsToTheShard() {
    QVERIFY(samples::writeSafetensors(path("model-00001-of-00002.safetensors"), {{QStringLiteral("a"), {40}}}));
    QVERIFY(samples::writeSafetensors(path("model-00002-of-00002.safetensors"), {{QStringLiteral("b"), {50}}}));
    QFile index(path("model.safetensors.index.json"));
    QVERIFY(index.open(QIODevice::WriteOnly));
    index.write(R"({"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors",
                                                   "b": "model-00002-of-00002.safetensors"}})");
    index.close();
    QVERIFY(open(index.fileName()));
    auto* plot = fileMap();
    QVERIFY(plot != nullptr);
    QVERIFY(find<QComboBox>("fileMapFile")->isVisible());
    QSignalSpy drawn(plot, &FileMapPlot::drawn);
    select("b");
    QTRY_COMPARE(find<QComboBox>("fileMapFile")->currentText(), QStringLiteral("model-00002-of-00002.safetensors"));
    QVERIFY(drawn.wait(kPatienceMs));
    QVERIFY(plot->accessibleDescription().startsWith(QStringLiteral("b ")));
}

void TstMaps::keepsColours() {
    QVERIFY(open(sampleFile()));
    QVERIFY(treemap() != nullptr);
    find<QComboBox>("treemapColours")->setCurrentIndex(1);
    auto* plot = fileMap();
    QVERIFY(plot != nullptr);
    QCOMPARE(find<QComboBox>("fileMapColours")->currentIndex(), 1);
    QTRY_COMPARE(plot->picture()->colours->legend.size(), 1);
    QCOMPARE(plot->picture()->colours->legend.first().name, QStringLiteral("f32"));
}

void TstMaps::listsInTheOrderOfTheFile() {
    QVERIFY(open(sampleFile(2)));
    auto* table = find<QTableView>("tensorTree");
    QVERIFY(table->isColumnHidden(TensorRowsModel::Offset));
    window_->currentPage()->showTensorsAs(TensorShow::List);
    table->horizontalHeader()->setSortIndicator(TensorRowsModel::Offset, Qt::AscendingOrder);
    QStringList names;
    quint64 before = 0;
    for (int row = 0; row < rowsModel()->rowCount(); ++row) {
        names << rowsModel()->index(row, TensorRowsModel::Name).data().toString();
        QString offset = rowsModel()->index(row, TensorRowsModel::Offset).data().toString();
        const quint64 now = offset.remove(QLatin1Char(',')).toULongLong();
        QVERIFY(now > before);
        before = now;
    }
    QStringList written;
    for (const auto& tensor : samples::transformer(2, 16)) written << tensor.name;
    QCOMPARE(names, written);
    table->horizontalHeader()->setSortIndicator(TensorRowsModel::Offset, Qt::DescendingOrder);
    QCOMPARE(rowsModel()->index(0, 0).data().toString(), written.last());
}

QTEST_MAIN(TstMaps)
#include "tst_maps.moc"
