// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAction>
#include <QClipboard>
#include <QDialog>
#include <QHeaderView>
#include <QListWidget>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QScreen>
#include <QTabWidget>
#include <QTreeView>

#include "window/document_page.h"
#include "window/recent_files.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

// Tabs, menus, keys, and what is remembered.
class TstShell : public WindowFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }

    void opensFilesAsTabs();
    void answersBetweenFiles();
    void tabsOfOneNameSayTheirFolders();
    void bringsOpenFileToFront();
    void closesTabs();
    void opensRecentByKey();
    void everyActionHasItsOwnKey();
    void findsCommands();
    void worksOnTensorsByKey();
    void showsTheSummaryFirst();
    void saysThatNothingMatches();
    void showsAModuleInPlaceOfATensor();
    void showsTheValuesOfAnArray();
    void keyboardGoesFromFilterToMap();
    void remembersWidthsOfColumns();
    void offersReloadOfChangedFile_data();
    void offersReloadOfChangedFile();
    void keepsItsPlaceWhenReloaded_data();
    void keepsItsPlaceWhenReloaded();
    void remembersGeometryAndForgetsIt();
    void viewsLetGoOfClosedFile();
    void searchesMetadata();
    void showsLongMetadataInFull();

private:
    QString file(const char* name, std::vector<quint64> shape = {3}) {
        const QString made = path(name);
        return samples::writeSafetensors(made, {{QStringLiteral("alone"), std::move(shape)}}) ? made : QString();
    }
    QList<QAction*> allActions() const {
        QList<QAction*> found;
        QList<QAction*> open = window_->menuBar()->actions();
        while (!open.isEmpty()) {
            QAction* action = open.takeFirst();
            if (action->menu() != nullptr) {
                open << action->menu()->actions();
            } else if (!action->isSeparator()) {
                found << action;
            }
        }
        return found;
    }
};

void TstShell::opensFilesAsTabs() {
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    window_->openFiles({file("a.safetensors"), file("b.safetensors", {5}), file("c.safetensors")});
    QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 3, kPatienceMs);
    QCOMPARE(window_->pageCount(), 3);
    QVERIFY(window_->windowTitle().startsWith(QStringLiteral("c.safetensors")));
    auto* tabs = window_->findChild<QTabWidget*>(QStringLiteral("documentTabs"));
    QCOMPARE(tabs->tabText(1), QStringLiteral("b.safetensors"));
    tabs->setCurrentIndex(1);
    QVERIFY(window_->windowTitle().startsWith(QStringLiteral("b.safetensors")));
    QCOMPARE(cell("alone", TensorRowsModel::Shape), QStringLiteral("[5]"));
    // Each tab has a view of its own.
    window_->setView(MainWindow::View::Convert);
    tabs->setCurrentIndex(0);
    QVERIFY(visible("inspectView"));
}

// Tabs are many widgets each: however many files are dropped, the window is only away for one of them.
void TstShell::answersBetweenFiles() {
    QStringList files;
    for (int i = 0; i < 6; ++i) files << file(qPrintable(QStringLiteral("%1.safetensors").arg(i)));
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    window_->openFiles(files);
    QCOMPARE(window_->pageCount(), 1);
    window_->openFiles({file("last.safetensors")});  // while others wait
    QTRY_COMPARE_WITH_TIMEOUT(opened.size(), files.size() + 1, kPatienceMs);
    QCOMPARE(window_->pageCount(), static_cast<int>(files.size()) + 1);
    QVERIFY(window_->windowTitle().startsWith(QStringLiteral("last.safetensors")));
}

void TstShell::tabsOfOneNameSayTheirFolders() {
    QVERIFY(QDir(path("")).mkpath(QStringLiteral("one")) && QDir(path("")).mkpath(QStringLiteral("two")));
    QVERIFY(open(file("one/model.safetensors")));
    auto* tabs = window_->findChild<QTabWidget*>(QStringLiteral("documentTabs"));
    QCOMPARE(tabs->tabText(0), QStringLiteral("model.safetensors"));
    QVERIFY(open(file("two/model.safetensors")));
    QCOMPARE(tabs->tabText(0), QStringLiteral("model.safetensors (one)"));
    QCOMPARE(tabs->tabText(1), QStringLiteral("model.safetensors (two)"));
    window_->closeFile();
    QCOMPARE(tabs->tabText(0), QStringLiteral("model.safetensors"));
}

void TstShell::bringsOpenFileToFront() {
    QVERIFY(open(file("a.safetensors")));
    QVERIFY(open(file("b.safetensors")));
    QCOMPARE(window_->pageCount(), 2);
    QVERIFY(open(path("a.safetensors")));
    QCOMPARE(window_->pageCount(), 2);
    QVERIFY(window_->windowTitle().startsWith(QStringLiteral("a.safetensors")));
}

void TstShell::closesTabs() {
    QVERIFY(open(file("a.safetensors")));
    QVERIFY(open(file("b.safetensors")));
    window_->closeFile();
    QCOMPARE(window_->pageCount(), 1);
    QVERIFY(window_->windowTitle().startsWith(QStringLiteral("a.safetensors")));
    window_->closeFile();
    QCOMPARE(window_->pageCount(), 1);
    QVERIFY(visible("emptyPage"));
    QCOMPARE(window_->windowTitle(), QStringLiteral("Plimsoll"));
}

void TstShell::opensRecentByKey() {
    QVERIFY(open(file("a.safetensors")));
    QVERIFY(open(file("b.safetensors")));
    window_->closeFile();
    window_->closeFile();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    QTest::keyClick(window_.get(), Qt::Key_2, Qt::ControlModifier);
    QVERIFY(opened.wait(kPatienceMs));
    QVERIFY(window_->windowTitle().startsWith(QStringLiteral("a.safetensors")));
}

void TstShell::everyActionHasItsOwnKey() {
    QVERIFY(open(file("a.safetensors")));
    QStringList keys;
    for (const QAction* action : allActions()) {
        QVERIFY(!action->text().isEmpty());
        QVERIFY2(!action->shortcut().isEmpty(), qPrintable(action->text()));
        keys << action->shortcut().toString();
    }
    for (const char* expected : {"Ctrl+O", "Ctrl+F", "F5", "Ctrl+W", "Ctrl+Q", "Ctrl+1", "Ctrl+Shift+P", "Alt+1",
                                 "Ctrl+E", "Ctrl+S", "Ctrl+G", "Ctrl+I", "Ctrl+H", "Ctrl+Shift+C"})
        QVERIFY2(keys.contains(QLatin1String(expected)), expected);
    QCOMPARE(QSet<QString>(keys.begin(), keys.end()).size(), keys.size());
}

void TstShell::findsCommands() {
    QVERIFY(open(file("a.safetensors")));
    window_->showPalette();
    auto* list = window_->findChild<QListWidget*>(QStringLiteral("paletteList"));
    auto* line = window_->findChild<QLineEdit*>(QStringLiteral("paletteLine"));
    QVERIFY(list->count() > 10);
    QTest::keyClicks(line, QStringLiteral("conv view"));
    QCOMPARE(list->count(), 1);
    QTest::keyClick(line, Qt::Key_Return);
    QTRY_VERIFY(visible("convertView"));
    QTRY_VERIFY(window_->findChild<QDialog*>(QStringLiteral("commandPalette")) == nullptr);
}

void TstShell::worksOnTensorsByKey() {
    QVERIFY(open(sampleFile()));
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    window_->setView(MainWindow::View::Convert);
    QApplication::clipboard()->clear();
    QTest::keyClick(window_.get(), Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(visible("inspectView"));
    QTRY_VERIFY(QApplication::clipboard()->text().contains(QStringLiteral("tok_emb.weight\n")));
    select("tok_emb");
    QTest::keyClick(find<QWidget>("tensorTree"), Qt::Key_C, Qt::ControlModifier);
    QTRY_COMPARE(QApplication::clipboard()->text().trimmed(), QStringLiteral("tok_emb.weight"));
    const int unfolded = rowsModel()->rowCount();
    QTest::keyClick(window_.get(), Qt::Key_D, Qt::ControlModifier | Qt::ShiftModifier);
    QTRY_VERIFY(rowsModel()->rowCount() < unfolded);
    const int folded = rowsModel()->rowCount();
    QTest::keyClick(window_.get(), Qt::Key_E, Qt::ControlModifier | Qt::ShiftModifier);
    QTRY_VERIFY(rowsModel()->rowCount() > folded);
    select("tok_emb.weight");
    QTest::keyClick(window_.get(), Qt::Key_I, Qt::ControlModifier);
    QTRY_VERIFY(visible("histogramPlot"));
    QTest::keyClick(window_.get(), Qt::Key_G, Qt::ControlModifier);
    QVERIFY(find<QLineEdit>("goToCell")->hasFocus());
    QTest::keyClick(window_.get(), Qt::Key_H, Qt::ControlModifier);
    QTRY_VERIFY(visible("heatmapPlot"));
}

void TstShell::remembersWidthsOfColumns() {
    QVERIFY(open(file("a.safetensors")));
    auto* header = find<QTableView>("tensorTree")->horizontalHeader();
    const int first = header->sectionSize(TensorRowsModel::DType);
    QWidget* bar = header->viewport();
    const QPoint edge(header->sectionViewportPosition(TensorRowsModel::DType) + first - 1, header->height() / 2);
    QTest::mousePress(bar, Qt::LeftButton, {}, edge);
    QTest::mouseMove(bar, edge + QPoint(15, 0));
    QTest::mouseRelease(bar, Qt::LeftButton, {}, edge + QPoint(15, 0));
    const int dragged = header->sectionSize(TensorRowsModel::DType);
    QVERIFY(dragged > first);
    window_ = std::make_unique<MainWindow>();
    window_->resize(1240, 800);
    window_->QWidget::show();
    QVERIFY(open(path("a.safetensors")));
    header = find<QTableView>("tensorTree")->horizontalHeader();
    QCOMPARE(header->sectionSize(TensorRowsModel::DType), dragged);
    window_->resetLayout();
    window_->resize(1240, 800);
    QCOMPARE(header->sectionSize(TensorRowsModel::DType), first);
}

// The table takes the keyboard: that alone chooses no tensor.
void TstShell::showsTheSummaryFirst() {
    const QString file = path("alone.safetensors");
    QVERIFY(samples::writeSafetensors(file, {{QStringLiteral("alone"), {3}}, {QStringLiteral("other"), {3}}}));
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QVERIFY(open(file));
    auto* table = find<QTableView>("tensorTree");
    QVERIFY(table->hasFocus());
    auto* tabs = find<QTabWidget>("detailTabs");
    QCOMPARE(tabs->currentIndex(), 0);
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(rowsModel()->index(0, 0)).center());
    QCOMPARE(tabs->currentIndex(), 1);
    QCOMPARE(text("tensorName"), QStringLiteral("alone"));
    QTest::keyClick(table, Qt::Key_Down);
    QCOMPARE(text("tensorName"), QStringLiteral("other"));
}

void TstShell::saysThatNothingMatches() {
    QVERIFY(open(sampleFile()));
    QVERIFY(!visible("noTensors"));
    find<QLineEdit>("filterLine")->setText(QStringLiteral("ff*"));
    QTRY_VERIFY(visible("noTensors"));
    QVERIFY(text("noTensorsText").contains(QStringLiteral("whole name")));
    find<QLineEdit>("filterLine")->setText(QStringLiteral("zebra"));
    QVERIFY(!text("noTensorsText").contains(QStringLiteral("whole name")));
    for (const TensorShow show : {TensorShow::Tree, TensorShow::List, TensorShow::Treemap}) {
        window_->currentPage()->showTensorsAs(show);
        QTRY_VERIFY(visible("noTensors"));
    }
    window_->currentPage()->showTensorsAs(TensorShow::FileMap);
    QTRY_VERIFY(visible("fileMapPlot"));
    window_->currentPage()->showTensorsAs(TensorShow::Tree);
    press("clearFilter");
    QTRY_VERIFY(visible("tensorTree"));
    QVERIFY(!visible("noTensors"));
    QVERIFY(find<QLineEdit>("filterLine")->text().isEmpty());
}

void TstShell::showsAModuleInPlaceOfATensor() {
    QVERIFY(open(sampleFile()));
    select("tok_emb.weight");
    QCOMPARE(text("tensorName"), QStringLiteral("tok_emb.weight"));
    select("blocks.1");
    QVERIFY(!visible("tensorName"));
    QVERIFY(visible("moduleName"));
    QCOMPARE(text("moduleName"), QStringLiteral("blocks.1"));
    QVERIFY(text("tensorHint").startsWith(QStringLiteral("4 tensors, ")));
    find<QLineEdit>("filterLine")->setText(QStringLiteral("blocks.1.*.weight"));
    QTRY_VERIFY(text("tensorHint").startsWith(QStringLiteral("3 tensors, ")));
    select("blocks.1.ff.weight");
    QVERIFY(!visible("moduleName"));
    QCOMPARE(text("tensorName"), QStringLiteral("blocks.1.ff.weight"));
}

// It has one tensor, and that has no name.
void TstShell::showsTheValuesOfAnArray() {
    QByteArray header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }");
    header = header.leftJustified(117, ' ') + '\n';
    QFile array(path("two.npy"));
    QVERIFY(array.open(QIODevice::WriteOnly));
    array.write(QByteArray("\x93NUMPY\x01\x00\x76\x00", 10) + header + QByteArray(8, '\0'));
    array.close();
    QVERIFY(open(array.fileName()));
    QCOMPARE(rowsModel()->index(0, TensorRowsModel::Name).data().toString(), QStringLiteral("(no name)"));
    QVERIFY(visible("valuesGrid"));
    QCOMPARE(text("tensorName"), QStringLiteral("(no name)"));
}

void TstShell::keyboardGoesFromFilterToMap() {
    QVERIFY(open(sampleFile()));
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    window_->currentPage()->showTensorsAs(TensorShow::Treemap);
    window_->currentPage()->focusFilter();
    auto* filter = find<QLineEdit>("filterLine");
    QVERIFY(filter->hasFocus());
    QTest::keyClick(filter, Qt::Key_Return);
    QVERIFY(find<QWidget>("treemapPlot")->hasFocus());
}

void TstShell::offersReloadOfChangedFile_data() {
    QTest::addColumn<bool>("replaced");
    QTest::newRow("replaced by a rename") << true;
    QTest::newRow("written in place") << false;
}

void TstShell::offersReloadOfChangedFile() {
    QFETCH(bool, replaced);
    const QString name = file("a.safetensors");
    QVERIFY(open(name));
    QVERIFY(!visible("changedBar"));
    const QString other = replaced ? file("next.safetensors", {7}) : QString();
    if (replaced) {
        QVERIFY(QFile::remove(name));
        QVERIFY(QFile::rename(other, name));
    } else {
        QVERIFY(!file("a.safetensors", {7}).isEmpty());
    }
    QTRY_VERIFY_WITH_TIMEOUT(visible("changedBar"), kPatienceMs);
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    press("changedReload");
    QVERIFY(opened.wait(kPatienceMs));
    QVERIFY(!visible("changedBar"));
    QCOMPARE(cell("alone", TensorRowsModel::Shape), QStringLiteral("[7]"));
}

void TstShell::keepsItsPlaceWhenReloaded_data() {
    QTest::addColumn<QString>("filter");
    QTest::newRow("without a filter") << QString();
    QTest::newRow("with a filter") << "blocks.1";
}

void TstShell::keepsItsPlaceWhenReloaded() {
    QFETCH(const QString, filter);
    const QString file = sampleFile();
    QVERIFY(open(file));
    find<QLineEdit>("filterLine")->setText(filter);
    window_->currentPage()->showTensor(findTensor(window_->checkpoint()->tensors, "blocks.1.ff.weight"));
    find<QLineEdit>("filterLine")->setText(filter);
    QCOMPARE(text("tensorName"), QStringLiteral("blocks.1.ff.weight"));
    const auto before = window_->checkpoint();
    QVERIFY(QFile::resize(file, 0));
    window_->grab();                   // the names that were mapped are lost
    QVERIFY(!sampleFile().isEmpty());  // written anew
    QVERIFY(open(file));
    QVERIFY(window_->checkpoint() != before);
    QCOMPARE(find<QLineEdit>("filterLine")->text(), filter);
    QVERIFY(visible("tensorName"));
    QCOMPARE(text("tensorName"), QStringLiteral("blocks.1.ff.weight"));
    const QModelIndex current = find<QTableView>("tensorTree")->currentIndex();
    QCOMPARE(current.row(), rowOf("blocks.1.ff.weight"));
    // A tensor that is there no more is not shown.
    QVERIFY(samples::writeSafetensors(file, {{QStringLiteral("other"), {3}}}));
    QVERIFY(open(file));
    QVERIFY(!visible("tensorName"));
}

void TstShell::remembersGeometryAndForgetsIt() {
    const QSize first = MainWindow().size();
    const QSize screen = window_->screen()->availableSize();
    QVERIFY2(first.width() <= screen.width() && first.height() <= screen.height(),
             qPrintable(QStringLiteral("%1 x %2 on %3 x %4")
                            .arg(first.width())
                            .arg(first.height())
                            .arg(screen.width())
                            .arg(screen.height())));
    window_->resize(900, 640);
    QVERIFY(window_->close());
    window_ = std::make_unique<MainWindow>();
    QCOMPARE(window_->size(), QSize(900, 640));
    window_->resetLayout();
    QCOMPARE(window_->size(), first);
}

void TstShell::viewsLetGoOfClosedFile() {
    QVERIFY(open(file("a.safetensors")));
    const std::weak_ptr<const Checkpoint> held = window_->checkpoint();
    for (int view = 0; view < DocumentPage::kViews; ++view) {
        window_->setView(static_cast<MainWindow::View>(view));
        QCoreApplication::processEvents();
    }
    window_->closeFile();
    QTRY_VERIFY_WITH_TIMEOUT(held.expired(), kPatienceMs);
}

void TstShell::searchesMetadata() {
    const QString file = path("meta.safetensors");
    QJsonObject metadata;
    for (int i = 0; i < 30; ++i)
        metadata.insert(QStringLiteral("key%1").arg(i, 2, 10, QLatin1Char('0')), QStringLiteral("value %1").arg(i % 3));
    QVERIFY(samples::writeSafetensors(file, {{QStringLiteral("alone"), {3}}}, metadata));
    QVERIFY(open(file));
    find<QTabWidget>("detailTabs")->setCurrentIndex(2);
    auto* search = find<QLineEdit>("metadataSearch");
    auto* tree = find<QTreeView>("metadataTree");
    search->setText(QStringLiteral("VALUE 2"));
    QTRY_COMPARE(text("metadataCount"), QStringLiteral("1 of 10"));
    QCOMPARE(tree->currentIndex().data().toString(), QStringLiteral("key02"));
    QTest::keyClick(search, Qt::Key_Return);
    QCOMPARE(tree->currentIndex().data().toString(), QStringLiteral("key05"));
    QTest::keyClick(search, Qt::Key_Return, Qt::ShiftModifier);
    QTest::keyClick(search, Qt::Key_Return, Qt::ShiftModifier);
    QCOMPARE(tree->currentIndex().data().toString(), QStringLiteral("key29"));
    QCOMPARE(text("metadataCount"), QStringLiteral("10 of 10"));
    search->setText(QStringLiteral("zebra"));
    QTRY_COMPARE(text("metadataCount"), QStringLiteral("not found"));
    QTest::keyClick(search, Qt::Key_Escape);
    QCOMPARE(text("metadataCount"), QString());
}

// A chat template or a configuration is longer than any cell.
void TstShell::showsLongMetadataInFull() {
    const QString file = path("long.safetensors");
    const QString value = QStringLiteral("{% if 'it' %}\n").repeated(50) + QStringLiteral("the needle");
    QVERIFY(samples::writeSafetensors(
        file, {{QStringLiteral("alone"), {3}}},
        {{QStringLiteral("format"), QStringLiteral("pt")}, {QStringLiteral("template"), value}}));
    QVERIFY(open(file));
    find<QTabWidget>("detailTabs")->setCurrentIndex(2);
    QVERIFY(!visible("metadataText"));
    find<QLineEdit>("metadataSearch")->setText(QStringLiteral("needle"));
    QTRY_COMPARE(text("metadataCount"), QStringLiteral("1 of 1"));
    auto* full = find<QPlainTextEdit>("metadataText");
    QVERIFY(full->isVisible());
    QCOMPARE(full->toPlainText(), value);
    auto* tree = find<QTreeView>("metadataTree");
    tree->setFocus();
    QTest::keyClick(tree, Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QApplication::clipboard()->text(), value);
    tree->setCurrentIndex(tree->model()->index(0, 0, tree->currentIndex().parent()));
    QCOMPARE(tree->currentIndex().data().toString(), QStringLiteral("format"));
    QVERIFY(!full->isVisible());
}

QTEST_MAIN(TstShell)
#include "tst_shell.moc"
