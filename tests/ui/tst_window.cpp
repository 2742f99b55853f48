// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemView>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDropEvent>
#include <QHeaderView>
#include <QLineEdit>
#include <QMimeData>
#include <QScrollBar>
#include <QSpinBox>
#include <QTabBar>
#include <QTabWidget>
#include <QTreeView>
#include <QtTest>
#include <numeric>

#include "models/tensor_cells.h"
#include "plots/heatmap_plot.h"
#include "plots/histogram_plot.h"
#include "views/inspect/tree_pane.h"
#include "views/inspect/values_grid.h"
#include "views/inspect/values_pane.h"
#include "widgets/fact_grid.h"
#include "widgets/figure_row.h"
#include "widgets/link_button.h"
#include "window/error_page.h"
#include "window/recent_files.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

class TstWindow : public WindowFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }

    void startsEmpty();
    void opensAndShowsTree();
    void filters();
    void showsBadPatternInPlace();
    void keepsExpansionOverFilter();
    void keepsCurrentTensorOverOrderAndFilter();
    void walksByKeys();
    void foldsByMouse();
    void sumsSelection();
    void copiesLists();
    void showsTensorValues();
    void showsSlices();
    void walksValues();
    void scrollsAnyLength();
    void drawsHistogramAndHeatmap();
    void savesNpy_data();
    void savesNpy();
    void showsMetadata();
    void opensDroppedFiles_data();
    void opensDroppedFiles();
    void remembersFiles();
    void explainsWrongFiles_data();
    void explainsWrongFiles();
    void offersWhatAFolderHolds();
    void recoversFromWrongFile();
    void newestFileWins();
    void opensRealFiles_data();
    void opensRealFiles();
};

void TstWindow::startsEmpty() {
    QVERIFY(visible("emptyPage"));
    QVERIFY(!find<QTabBar>("viewSwitch")->isEnabled());
    QCOMPARE(window_->windowTitle(), QStringLiteral("Plimsoll"));
}

void TstWindow::opensAndShowsTree() {
    QVERIFY(open(sampleFile()));
    QVERIFY(visible("inspectView"));
    QVERIFY(window_->windowTitle().startsWith(QStringLiteral("sample.safetensors")));
    QCOMPARE(rowOf("tok_emb"), rowsModel()->rowCount() - 2);
    QCOMPARE(text("matchCount"), QStringLiteral("14 tensors"));
    QCOMPARE(cell("blocks.1.ff.weight", TensorRowsModel::Shape), QStringLiteral("[16, 32]"));
    QCOMPARE(cell("blocks.1.ff.weight", TensorRowsModel::DType), QStringLiteral("f32"));
    window_->closeFile();
    QVERIFY(visible("emptyPage"));
}

void TstWindow::filters() {
    QVERIFY(open(sampleFile()));
    QTest::keyClicks(find<QLineEdit>("filterLine"), QStringLiteral("*.bias"));
    QTRY_COMPARE(text("matchCount"), QStringLiteral("3 of 14"));
    QCOMPARE(rowsModel()->rowCount(), 1 + 3 * 3);  // laid open
    QVERIFY(rowOf("blocks.2.att.bias") > 0);
    QCOMPARE(rowOf("conv.weight"), -1);
    QTest::keyClick(find<QLineEdit>("filterLine"), Qt::Key_Escape);
    QTRY_COMPARE(text("matchCount"), QStringLiteral("14 tensors"));
}

void TstWindow::showsBadPatternInPlace() {
    QVERIFY(open(sampleFile()));
    find<QLineEdit>("filterLine")->setText(QStringLiteral("dtype:float99"));
    QTRY_VERIFY(visible("filterProblem"));
    QVERIFY2(text("filterProblem").contains(QStringLiteral("float99")), qPrintable(text("filterProblem")));
    QVERIFY(rowOf("conv.weight") > 0);
    find<QLineEdit>("filterLine")->clear();
    QTRY_VERIFY(!visible("filterProblem"));
}

void TstWindow::keepsExpansionOverFilter() {
    QVERIFY(open(sampleFile(60)));  // more than the window opens by itself
    rowsModel()->setExpanded(rowOf("blocks"), true);
    rowsModel()->setExpanded(rowOf("blocks.7"), true);
    QVERIFY(!rowsModel()->isExpanded(rowOf("blocks.8")));
    find<QLineEdit>("filterLine")->setText(QStringLiteral("norm"));
    QTRY_COMPARE(text("matchCount"), QStringLiteral("60 of 242"));
    QVERIFY(rowsModel()->isExpanded(rowOf("blocks.8")));
    find<QLineEdit>("filterLine")->clear();
    QTRY_COMPARE(text("matchCount"), QStringLiteral("242 tensors"));
    QVERIFY(rowsModel()->isExpanded(rowOf("blocks.7")));
    QVERIFY(!rowsModel()->isExpanded(rowOf("blocks.8")));
}

void TstWindow::keepsCurrentTensorOverOrderAndFilter() {
    QVERIFY(open(sampleFile()));
    select("blocks.1.ff.weight");
    auto* table = find<QTableView>("tensorTree");
    const auto current = [&] { return rowsModel()->index(table->currentIndex().row(), 0).data().toString(); };
    table->horizontalHeader()->setSortIndicator(TensorRowsModel::Size, Qt::DescendingOrder);
    QCOMPARE(table->currentIndex().row(), rowOf("blocks.1.ff.weight"));
    find<QLineEdit>("filterLine")->setText(QStringLiteral("ff"));
    QCOMPARE(table->currentIndex().row(), rowOf("blocks.1.ff.weight"));
    find<QTabBar>("listingSwitch")->setCurrentIndex(1);
    QCOMPARE(current(), QStringLiteral("blocks.1.ff.weight"));
    QCOMPARE(text("tensorName"), QStringLiteral("blocks.1.ff.weight"));
}

void TstWindow::walksByKeys() {
    QVERIFY(open(sampleFile(60)));
    auto* table = find<QTableView>("tensorTree");
    select("blocks");
    const auto press = [&](Qt::Key key) { QTest::keyClick(table, key); };
    const auto isAt = [&](const char* name) { return table->currentIndex().row() == rowOf(name); };
    press(Qt::Key_Left);
    QVERIFY(!rowsModel()->isExpanded(rowOf("blocks")));
    press(Qt::Key_Right);
    QVERIFY(rowsModel()->isExpanded(rowOf("blocks")));
    press(Qt::Key_Right);
    QVERIFY(isAt("blocks.0"));
    press(Qt::Key_Asterisk);
    QVERIFY(rowOf("blocks.0.att.bias") > 0);
    press(Qt::Key_Left);
    press(Qt::Key_Left);
    QVERIFY(isAt("blocks"));
    press(Qt::Key_End);
    QCOMPARE(table->currentIndex().row(), rowsModel()->rowCount() - 1);
    press(Qt::Key_Home);
    QVERIFY(isAt("blocks"));
    QTest::keyClicks(table, QStringLiteral("norm"));
    QTRY_COMPARE(text("matchCount"), QStringLiteral("60 of 242"));
    QVERIFY(find<QLineEdit>("filterLine")->hasFocus());
}

void TstWindow::foldsByMouse() {
    QVERIFY(open(sampleFile()));
    auto* table = find<QTableView>("tensorTree");
    const auto cellRect = [&](const char* name) { return table->visualRect(rowsModel()->index(rowOf(name), 0)); };
    const int before = rowsModel()->rowCount();
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, cellRect("blocks").topLeft() + QPoint(10, 8));
    QVERIFY(rowsModel()->rowCount() < before);
    QTest::mouseDClick(table->viewport(), Qt::LeftButton, {}, cellRect("blocks").topLeft() + QPoint(60, 8));
    QCOMPARE(rowsModel()->rowCount(), before);
}

void TstWindow::sumsSelection() {
    QVERIFY(open(sampleFile()));
    QVERIFY(!visible("selectionSum"));
    auto* table = find<QTableView>("tensorTree");
    table->setSelectionMode(QAbstractItemView::MultiSelection);
    table->selectRow(rowOf("blocks.0"));
    table->selectRow(rowOf("blocks.0.att"));  // below it: counted once
    table->selectRow(rowOf("conv.weight"));
    QTRY_VERIFY(visible("selectionSum"));
    QCOMPARE(text("selectionSum"), QStringLiteral("Selected: 5 tensors, 920 elements, 3.59 KiB"));
    table->clearSelection();
    QTRY_VERIFY(!visible("selectionSum"));
}

void TstWindow::copiesLists() {
    QVERIFY(open(sampleFile()));
    auto* pane = window_->findChild<TreePane*>();
    const auto copied = [&](ListFormat format) {
        QApplication::clipboard()->clear();
        pane->copyList(format);
        return QTest::qWaitFor([] { return !QApplication::clipboard()->text().isEmpty(); }, kPatienceMs)
                   ? QApplication::clipboard()->text()
                   : QString();
    };
    find<QLineEdit>("filterLine")->setText(QStringLiteral("blocks.1.*.weight"));
    find<QTableView>("tensorTree")->clearSelection();
    QCOMPARE(copied(ListFormat::Names),
             QStringLiteral("blocks.1.att.weight\nblocks.1.ff.weight\nblocks.1.norm.weight\n"));
    QVERIFY(
        copied(ListFormat::Csv)
            .startsWith(QStringLiteral("name,dtype,shape,nbytes,offset\nblocks.1.att.weight,float32,\"[16, 16]\",")));
    const auto json = QJsonDocument::fromJson(copied(ListFormat::Json).toUtf8()).array();
    QCOMPARE(json.size(), 3);
    QCOMPARE(json[1].toObject()[QStringLiteral("nbytes")].toInt(), 16 * 32 * 4);
    QVERIFY(copied(ListFormat::Markdown).contains(QStringLiteral("| blocks.1.norm.weight | float32 | [16] | 64 |")));
    pane->copyCommandLine();
    QVERIFY(QApplication::clipboard()->text().endsWith(QStringLiteral(" --filter 'blocks.1.*.weight' --tree")));
    find<QLineEdit>("filterLine")->clear();
    select("blocks.2");
    QCOMPARE(copied(ListFormat::Names).count(QLatin1Char('\n')), 4);
}

void TstWindow::showsTensorValues() {
    QVERIFY(open(sampleFile()));
    select("blocks.0.att.weight");
    QCOMPARE(text("tensorName"), QStringLiteral("blocks.0.att.weight"));
    const auto* facts = find<FactGrid>("tensorFacts");
    QCOMPARE(facts->value(QStringLiteral("Shape")), QStringLiteral("[16, 16], 256 elements"));
    QCOMPARE(facts->value(QStringLiteral("Dtype")), QStringLiteral("f32 (float32)"));
    find<ValuesGrid>("valuesGrid")->goTo(1, 3);
    QTRY_VERIFY(text("currentCell").startsWith(QStringLiteral("[1, 3] = 4.75  ·  0x40980000  ·  byte ")));
    find<QComboBox>("numberFormat")->setCurrentIndex(2);
    QVERIFY(text("currentCell").contains(QStringLiteral("4.750000e+00")));
    find<QComboBox>("numberFormat")->setCurrentIndex(0);
    const auto* figures = find<FigureRow>("statsFigures");
    QTRY_COMPARE(figures->value(QStringLiteral("max")), QStringLiteral("63.75"));
    QCOMPARE(figures->value(QStringLiteral("mean")), QStringLiteral("31.875"));
}

void TstWindow::showsSlices() {
    QVERIFY(open(sampleFile()));
    select("conv.weight");
    auto* grid = find<ValuesGrid>("valuesGrid");
    grid->goTo(0, 1);
    QTRY_VERIFY(text("currentCell").startsWith(QStringLiteral("[0, 0, 0, 1] = 0.25")));
    const auto boxes = find<QWidget>("tensorPage")->findChildren<QSpinBox*>();
    QCOMPARE(boxes.size(), 2);
    boxes[0]->setValue(1);
    boxes[1]->setValue(2);
    grid->goTo(0, 1);
    // Element (1 * 3 + 2) * 20 + 1.
    QTRY_VERIFY(text("currentCell").startsWith(QStringLiteral("[1, 2, 0, 1] = 25.25")));
    auto* rows = find<QComboBox>("rowAxis");
    rows->setCurrentIndex(0);
    emit rows->activated(0);
    QCOMPARE(find<QComboBox>("columnAxis")->currentIndex(), 3);
    grid->goTo(1, 4);
    // The index of dimension 1 stays what it was: element (1 * 3 + 2) * 20 + 4.
    QTRY_VERIFY(text("currentCell").startsWith(QStringLiteral("[1, 2, 0, 4] = 26.0")));
}

void TstWindow::walksValues() {
    QVERIFY(open(sampleFile()));
    select("tok_emb.weight");  // 64 x 16
    auto* grid = find<ValuesGrid>("valuesGrid");
    QTest::keyClick(grid, Qt::Key_End, Qt::ControlModifier);
    QCOMPARE(grid->currentRow(), quint64(63));
    QCOMPARE(grid->currentColumn(), quint64(15));
    QTest::keyClick(grid, Qt::Key_Home);
    QTest::keyClick(grid, Qt::Key_Up, Qt::ShiftModifier);
    QCOMPARE(grid->selection().rows, quint64(2));
    QApplication::clipboard()->clear();
    QTest::keyClick(grid, Qt::Key_C, Qt::ControlModifier);
    QTRY_COMPARE(QApplication::clipboard()->text(), QStringLiteral("248.0\n252.0\n"));
    auto* place = find<QLineEdit>("goToCell");
    place->setText(QStringLiteral("5, 7"));
    QTest::keyClick(place, Qt::Key_Return);
    QCOMPARE(grid->currentRow(), quint64(5));
    QCOMPARE(grid->currentColumn(), quint64(7));
    place->setText(QStringLiteral("64"));
    QTest::keyClick(place, Qt::Key_Return);
    QVERIFY(visible("valuesProblem"));
    QCOMPARE(grid->currentRow(), quint64(5));
}

// A table of more rows than a table view or a scroll bar can count.
void TstWindow::scrollsAnyLength() {
    TensorCells cells;
    const quint64 rows = quint64(1) << 40;
    cells.setTensor(samples::inventory({{QStringLiteral("long"), {rows, 2}}}), TensorId(0));
    ValuesGrid grid(&cells);
    grid.resize(400, 300);
    grid.goTo(rows - 1, 1);
    QCOMPARE(grid.currentRow(), rows - 1);
    QVERIFY(grid.topRow() > rows - 100);
    QTest::keyClick(&grid, Qt::Key_Up);
    QCOMPARE(grid.currentRow(), rows - 2);
    grid.verticalScrollBar()->setValue(0);
    QCOMPARE(grid.topRow(), quint64(0));
    grid.verticalScrollBar()->setValue(grid.verticalScrollBar()->maximum() / 2);
    QVERIFY(grid.topRow() > rows / 3 && grid.topRow() < rows / 3 * 2);
}

void TstWindow::drawsHistogramAndHeatmap() {
    QVERIFY(open(sampleFile()));
    select("blocks.0.att.weight");  // 256 values from 0 to 63.75
    const auto* plot = find<HistogramPlot>("histogramPlot");
    QTRY_COMPARE(plot->curves().size(), 1);
    const auto& counts = plot->curves().first().histogram.counts;
    QCOMPARE(std::accumulate(counts.begin(), counts.end(), quint64(0)), quint64(256));
    auto* views = find<QTabWidget>("tensorViews");
    views->setCurrentIndex(2);
    auto* heatmap = find<HeatmapPlot>("heatmapPlot");
    QTRY_VERIFY(heatmap->image() != nullptr);
    QCOMPARE(heatmap->image()->width, std::uint32_t(16));
    emit heatmap->cellChosen(3, 4);
    QCOMPARE(views->currentIndex(), 0);
    QTRY_VERIFY(text("currentCell").startsWith(QStringLiteral("[3, 4] = 13.0")));
}

void TstWindow::savesNpy_data() {
    QTest::addColumn<bool>("planeOnly");
    QTest::addColumn<int>("values");
    QTest::newRow("the tensor") << false << 120;
    QTest::newRow("the plane") << true << 20;
}

void TstWindow::savesNpy() {
    QFETCH(bool, planeOnly);
    QFETCH(int, values);
    QVERIFY(open(sampleFile()));
    select("conv.weight");
    auto* pane = window_->findChild<ValuesPane*>();
    const QString file = path("conv.npy");
    QSignalSpy saved(pane, &ValuesPane::saved);
    pane->saveNpy(file, planeOnly);
    QVERIFY(saved.wait(kPatienceMs));
    QFile written(file);
    QVERIFY(written.open(QIODevice::ReadOnly));
    QCOMPARE(written.size(), 128 + values * 4);
    QCOMPARE(written.read(6), QByteArray("\x93NUMPY"));
}

void TstWindow::showsMetadata() {
    QVERIFY(open(sampleFile()));
    const auto* model = find<QTreeView>("metadataTree")->model();
    QCOMPARE(model->rowCount(), 1);
    QCOMPARE(model->index(0, 0).data().toString(), QStringLiteral("format"));
    QCOMPARE(model->index(0, 1).data().toString(), QStringLiteral("'pt'"));
}

void TstWindow::opensDroppedFiles_data() {
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<bool>("fileOpen");
    QTest::newRow("on the empty page") << QByteArray("emptyPage") << false;
    QTest::newRow("on a line edit") << QByteArray("filterLine") << true;
    QTest::newRow("on the tree") << QByteArray("tensorTree") << true;
}

void TstWindow::opensDroppedFiles() {
    QFETCH(QByteArray, target);
    QFETCH(bool, fileOpen);
    if (fileOpen) QVERIFY(open(sampleFile()));
    const QString other = path("dropped.safetensors");
    QVERIFY(samples::writeSafetensors(other, {{QStringLiteral("alone"), {3}}}));
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(other)});
    auto* widget = find<QWidget>(target.constData());
    QVERIFY(widget != nullptr);
    QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(widget, &enter);
    QVERIFY(enter.isAccepted());
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    QDropEvent drop(QPointF(5, 5), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(widget, &drop);
    QVERIFY(opened.wait(kPatienceMs));
    QCOMPARE(rowsModel()->index(0, 0).data().toString(), QStringLiteral("alone"));
    QVERIFY(find<QLineEdit>("filterLine")->text().isEmpty());
}

void TstWindow::remembersFiles() {
    const QString file = sampleFile();
    QVERIFY(open(file));
    QCOMPARE(recentFiles::list(), QStringList{file});
    const QString other = path("other.safetensors");
    QVERIFY(samples::writeSafetensors(other, {{QStringLiteral("alone"), {3}}}));
    QVERIFY(open(other));
    QVERIFY(open(file));
    QCOMPARE(recentFiles::list(), (QStringList{file, other}));
    QVERIFY(QFile::remove(other));
    QSignalSpy failed(window_.get(), &MainWindow::fileFailed);
    window_->openFile(other);
    QVERIFY(failed.wait(kPatienceMs));
    QCOMPARE(recentFiles::list(), QStringList{file});
}

// A folder of a training has a checkpoint per step: none of them is "the" checkpoint, each is a click away.
void TstWindow::offersWhatAFolderHolds() {
    QVERIFY(QDir(path("")).mkpath(QStringLiteral("steps")));
    for (int step = 1; step <= 10; ++step)
        QVERIFY(samples::writeSafetensors(path(qPrintable(QStringLiteral("steps/step%1.safetensors").arg(step))),
                                          samples::transformer(1, 4)));
    QSignalSpy failed(window_.get(), &MainWindow::fileFailed);
    window_->openFile(path("steps"));
    QVERIFY(failed.wait(kPatienceMs));
    const auto rows = find<ErrorPage>("errorPage")->findChildren<LinkButton*>();
    QCOMPARE(rows.size(), 8);
    QVERIFY(find<ErrorPage>("errorPage")->details().contains(QStringLiteral("Open one of them")));
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    rows[2]->click();
    QVERIFY(!opened.isEmpty() || opened.wait(kPatienceMs));
    QCOMPARE(window_->currentPage()->path(), path(qPrintable(QStringLiteral("steps/") + rows[2]->text())));
}

void TstWindow::explainsWrongFiles_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("suffix");
    QTest::newRow("empty") << QByteArray() << "pth";
    QTest::newRow("wrong magic") << QByteArray("this is a letter to a friend, not a checkpoint at all\n").repeated(4)
                                 << "pth";
    QTest::newRow("safetensors cut in its header")
        << QByteArray("\x40\x00\x00\x00\x00\x00\x00\x00{\"a\":", 13) << "safetensors";
    QTest::newRow("zip cut short") << QByteArray("PK\x03\x04\x00\x00\x08\x08\x00\x00\x00\x00\x00\x00", 14) << "pth";
}

void TstWindow::explainsWrongFiles() {
    QFETCH(QByteArray, content);
    QFETCH(QString, suffix);
    const QString file = dir_->filePath(QStringLiteral("wrong.") + suffix);
    QFile out(file);
    QVERIFY(out.open(QIODevice::WriteOnly));
    out.write(content);
    out.close();
    QSignalSpy failed(window_.get(), &MainWindow::fileFailed);
    window_->openFile(file);
    QVERIFY(failed.wait(kPatienceMs));
    QVERIFY(visible("errorPage"));
    QVERIFY(!text("errorHeadline").isEmpty());
    const auto* facts = find<FactGrid>("errorFacts");
    QCOMPARE(facts->value(QStringLiteral("File")), file);
    QVERIFY(!facts->value(QStringLiteral("What was found")).isEmpty());
    QVERIFY(!facts->value(QStringLiteral("What to do")).isEmpty());
    QVERIFY(window_->windowTitle().contains(QStringLiteral("wrong.")));
    press("errorCopy");
    QVERIFY(QApplication::clipboard()->text().contains(file));
}

void TstWindow::recoversFromWrongFile() {
    const QString file = path("sample.safetensors");
    QSignalSpy failed(window_.get(), &MainWindow::fileFailed);
    window_->openFile(file);
    QVERIFY(failed.wait(kPatienceMs));
    QVERIFY(!sampleFile().isEmpty());
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    press("errorRetry");
    QVERIFY(opened.wait(kPatienceMs));
    QVERIFY(visible("inspectView"));
}

void TstWindow::newestFileWins() {
    const QString big = path("big.safetensors");
    QVERIFY(samples::writeSafetensors(big, samples::transformer(3000, 1)));
    const QString small = path("small.safetensors");
    QVERIFY(samples::writeSafetensors(small, {{QStringLiteral("alone"), {3}}}));
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    window_->currentPage()->openFile(big);
    window_->currentPage()->openFile(small);
    QVERIFY(opened.wait(kPatienceMs));
    QCOMPARE(text("matchCount"), QStringLiteral("1 tensor"));
    QVERIFY(!opened.wait(300));
    QCOMPARE(text("matchCount"), QStringLiteral("1 tensor"));
}

void TstWindow::opensRealFiles_data() {
    QTest::addColumn<QString>("file");
    QTest::newRow("none") << QString();
    const QDir real(sharedDir() + QStringLiteral("/real"));
    if (sharedDir().isEmpty()) return;
    for (const QString& name : real.entryList({QStringLiteral("*.pt"), QStringLiteral("*.pth"), QStringLiteral("*.th"),
                                               QStringLiteral("*.safetensors")})) {
        QTest::newRow(qPrintable(name)) << real.filePath(name);
    }
}

void TstWindow::opensRealFiles() {
    QFETCH(QString, file);
    if (file.isEmpty()) {
        NEEDS_SHARED();
        return;
    }
    QVERIFY2(open(file), qPrintable(find<FactGrid>("errorFacts")->value(QStringLiteral("What was found"))));
    QVERIFY(rowsModel()->rowCount() > 0);
    const auto& checkpoint = window_->checkpoint();
    QVERIFY(!checkpoint->tensors.empty());
    // Every tensor can be looked at: the last one stands for all.
    find<QTabBar>("listingSwitch")->setCurrentIndex(1);
    QTRY_COMPARE(rowsModel()->rowCount(), static_cast<int>(checkpoint->tensors.size()));
    find<QTableView>("tensorTree")->setCurrentIndex(rowsModel()->index(rowsModel()->rowCount() - 1, 0));
    if (find<ValuesGrid>("valuesGrid")->selection().rows > 0) QTRY_VERIFY(!text("currentCell").isEmpty());
    QVERIFY(!visible("valuesProblem"));
}

QTEST_MAIN(TstWindow)
#include "tst_window.moc"
