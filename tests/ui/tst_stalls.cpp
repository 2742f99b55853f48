// SPDX-License-Identifier: GPL-3.0-or-later
#include <QHeaderView>
#include <QScrollBar>
#include <QTabBar>
#include <QTabWidget>

#include "diagnostics/stall_watch.h"
#include "plots/file_map_plot.h"
#include "plots/treemap_plot.h"
#include "text/text.h"
#include "views/compare/compare_view.h"
#include "views/inspect/tree_pane.h"
#include "window_fixture.h"

using namespace plimsoll::ui;

// The window over many tensors keeps answering. Counts, not times: how long a stall is depends on the machine.
class TstStalls : public WindowFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }
    void countsStalls();
    void answersOverManyTensors();
    void answersInEveryView();
    void answersWhileTabsClose();

private:
    // Work on the GUI thread that grows with the tensors takes longer than this; a busy machine rarely does. A build
    // that is not optimised needs minutes for a million.
#ifdef NDEBUG
    static constexpr std::chrono::milliseconds kStall{200};
    static constexpr int kLayers = 250'000;  // of four tensors
#else
    static constexpr std::chrono::milliseconds kStall{500};
    static constexpr int kLayers = 50'000;
#endif
    static constexpr int kAllowed = 2;

    void answered(const StallWatch& watch) {
        QVERIFY2(watch.stalls() <= kAllowed,
                 qPrintable(
                     QStringLiteral("%1 stalls, the longest %2 ms").arg(watch.stalls()).arg(watch.longest().count())));
    }
    template <class Sender, class Signal>
    void after(Sender* sender, Signal signal, const std::function<void()>& act) {
        QSignalSpy spy(sender, signal);
        act();
        QVERIFY(!spy.isEmpty() || spy.wait(kPatienceMs));
    }
    void showsRowsAfter(const std::function<void()>& act) {
        QSignalSpy shown(window_->findChild<TreePane*>(), &TreePane::rowsShown);
        act();
        if (shown.isEmpty()) QVERIFY(shown.wait(kPatienceMs));
    }
};

void TstStalls::countsStalls() {
    StallWatch watch(std::chrono::milliseconds(100));
    QSignalSpy stalled(&watch, &StallWatch::stalled);
    QTest::qWait(50);
    watch.reset();
    QThread::msleep(300);  // what is to be found
    QTRY_VERIFY(watch.stalls() >= 1);
    QVERIFY(watch.longest().count() >= 200);
    QCOMPARE(stalled.size(), watch.stalls());
}

void TstStalls::answersOverManyTensors() {
    const QString file = path("many.safetensors");
    QVERIFY(samples::writeMany(file, kLayers));
    StallWatch watch(kStall);
    QVERIFY(open(file));
    QCOMPARE(text("matchCount"), tensorsText(4 * kLayers));
    auto* filter = find<QLineEdit>("filterLine");
    auto* table = find<QTableView>("tensorTree");
    for (const char* pattern : {"n", "no", "norm", "*.bias", "blocks.4* size>2", "none of them", ""}) {
        showsRowsAfter([&] { filter->setText(QLatin1String(pattern)); });
    }
    for (const bool flat : {true, false}) {
        showsRowsAfter([&] { find<QTabBar>("listingSwitch")->setCurrentIndex(flat ? 1 : 0); });
        for (const int column : {TensorRowsModel::Size, TensorRowsModel::Shape, TensorRowsModel::DType})
            showsRowsAfter([&] { table->horizontalHeader()->setSortIndicator(column, Qt::DescendingOrder); });
    }
    showsRowsAfter([&] { window_->findChild<TreePane*>()->openEverything(true); });
    QVERIFY(rowsModel()->rowCount() > 7 * kLayers);
    table->selectAll();
    table->verticalScrollBar()->setValue(table->verticalScrollBar()->maximum());
    QCoreApplication::processEvents();
    table->setCurrentIndex(rowsModel()->index(rowsModel()->rowCount() - 1, 0));
    showsRowsAfter([&] { window_->findChild<TreePane*>()->openEverything(false); });
    for (const auto view : {MainWindow::View::Convert, MainWindow::View::LoadTest, MainWindow::View::Inspect}) {
        window_->setView(view);
        QCoreApplication::processEvents();
    }
    window_->closeFile();
    QCoreApplication::processEvents();
    answered(watch);
}

void TstStalls::answersInEveryView() {
    const QString file = path("many.safetensors");
    QVERIFY(samples::writeMany(file, kLayers));
    QVERIFY(open(file));
    StallWatch watch(kStall);
    auto* treemap = find<TreemapPlot>("treemapPlot");
    after(treemap, &TreemapPlot::drawn, [&] { window_->currentPage()->showTensorsAs(TensorShow::Treemap); });
    after(treemap, &TreemapPlot::drawn, [&] { find<QLineEdit>("filterLine")->setText(QStringLiteral("norm")); });
    auto* fileMap = find<FileMapPlot>("fileMapPlot");
    after(fileMap, &FileMapPlot::drawn, [&] { window_->currentPage()->showTensorsAs(TensorShow::FileMap); });
    after(fileMap, &FileMapPlot::drawn, [&] { fileMap->zoom(64); });
    QTest::mouseClick(fileMap->viewport(), Qt::LeftButton, {}, fileMap->viewport()->rect().center());
    for (int view = 0; view < DocumentPage::kViews; ++view) {
        window_->setView(static_cast<MainWindow::View>(view));
        QTest::qWait(1);
    }
    auto* compare = find<CompareView>("compareView");
    window_->setView(MainWindow::View::Compare);
    after(compare, &CompareView::compared, [&] { compare->compareWith({file, nullptr}); });
    after(compare, &CompareView::rowsShown,
          [&] { find<QLineEdit>("compareFilter")->setText(QStringLiteral("blocks.4*.bias")); });
    after(compare, &CompareView::compared, [&] { compare->compareValues(); });
    QCOMPARE(compare->report()->same, std::uint64_t{4 * kLayers});
    window_->closeFile();
    QTest::qWait(1);
    answered(watch);
}

void TstStalls::answersWhileTabsClose() {
    const QString first = path("first.safetensors");
    const QString second = path("second.safetensors");
    QVERIFY(samples::writeMany(first, kLayers));
    QVERIFY(samples::writeMany(second, kLayers));
    QVERIFY(open(first));
    QVERIFY(open(second));
    after(find<TreemapPlot>("treemapPlot"), &TreemapPlot::drawn,
          [&] { window_->currentPage()->showTensorsAs(TensorShow::Treemap); });
    StallWatch watch(kStall);
    window_->closeFile();
    QCOMPARE(window_->pageCount(), 1);
    QTest::qWait(1);
    window_->closeFile();
    QTest::qWait(1);
    answered(watch);
}

QTEST_MAIN(TstStalls)
#include "tst_stalls.moc"
