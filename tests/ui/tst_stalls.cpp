// SPDX-License-Identifier: GPL-3.0-or-later
#include <QHeaderView>
#include <QScrollBar>
#include <QTabBar>
#include <QTabWidget>

#include "diagnostics/stall_watch.h"
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

private:
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
    // Half a second: work on the GUI thread that grows with the tensors takes longer in this build, a busy machine
    // rarely does.
    constexpr std::chrono::milliseconds kStall(500);
    constexpr int kAllowed = 2;
    const QString file = path("many.safetensors");
    QVERIFY(samples::writeSafetensors(file, samples::transformer(20'000, 1)));
    StallWatch watch(kStall);
    QVERIFY(open(file));
    QCOMPARE(text("matchCount"), QStringLiteral("80,002 tensors"));
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
    QVERIFY(rowsModel()->rowCount() > 150'000);
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
    QVERIFY2(
        watch.stalls() <= kAllowed,
        qPrintable(QStringLiteral("%1 stalls, the longest %2 ms").arg(watch.stalls()).arg(watch.longest().count())));
}

QTEST_MAIN(TstStalls)
#include "tst_stalls.moc"
