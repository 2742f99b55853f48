// SPDX-License-Identifier: GPL-3.0-or-later
#include <QDir>
#include <QDockWidget>
#include <QImage>
#include <QSet>
#include <QTabBar>
#include <QTabWidget>

#include "help/help_window.h"
#include "plots/file_map_plot.h"
#include "plots/treemap_plot.h"
#include "theme/comfort_style.h"
#include "theme/theme.h"
#include "views/compare/compare_view.h"
#include "views/compare/pair_pane.h"
#include "views/integrity/integrity_view.h"
#include "views/load_lab/load_lab_view.h"
#include "views/overview/overview_view.h"
#include "views/safety/safety_view.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

// Goes through every view of the window, in light and in dark, and leaves a picture of each in the folder tour/LOOK
// beside the tests (or in PLIMSOLL_TOUR). What a test can judge of a picture is judged: it is neither empty nor of the
// other look.
class TstTour : public WindowFixture {
    Q_OBJECT
private slots:
    void initTestCase() { QApplication::setStyle(new ComfortStyle); }
    void init() { setUp(); }
    void cleanup() { tearDown(); }
    void showsEverything_data();
    void showsEverything();

private:
    static QString folder() {
        const QString asked = qEnvironmentVariable("PLIMSOLL_TOUR");
        return asked.isEmpty() ? QCoreApplication::applicationDirPath() + QStringLiteral("/tour") : asked;
    }
    void picture(const char* name, QWidget* of = nullptr) {
        QTest::qWait(20);  // what was asked for is painted
        const QImage image = (of != nullptr ? of : window_.get())->grab().toImage();
        const QDir out(folder() + QLatin1Char('/') + look_);
        QVERIFY(out.mkpath(QStringLiteral(".")));
        QVERIFY(image.save(out.filePath(QStringLiteral("%1.png").arg(QLatin1String(name)))));
        QSet<QRgb> colours;
        qint64 light = 0;
        qint64 pixels = 0;
        for (int y = 0; y < image.height(); y += 3) {
            for (int x = 0; x < image.width(); x += 3, ++pixels) {
                colours.insert(image.pixel(x, y));
                light += qGray(image.pixel(x, y));
            }
        }
        QVERIFY2(colours.size() > 20, name);
        const auto mean = light / std::max<qint64>(pixels, 1);
        QVERIFY2((mean < 110) == (look_ == QLatin1String("dark")),
                 qPrintable(QStringLiteral("%1: mean lightness %2").arg(QLatin1String(name)).arg(mean)));
    }
    // Does `act` and waits for what it brings about.
    template <class Sender, class Signal>
    void after(Sender* sender, Signal signal, const std::function<void()>& act) {
        QSignalSpy spy(sender, signal);
        act();
        QVERIFY(!spy.isEmpty() || spy.wait(kPatienceMs));
    }
    void inspect();
    void reports();
    void compare();
    void rest();

    QString look_;
};

void TstTour::showsEverything_data() {
    QTest::addColumn<int>("scheme");
    QTest::newRow("light") << static_cast<int>(ColourScheme::Light);
    QTest::newRow("dark") << static_cast<int>(ColourScheme::Dark);
}

void TstTour::showsEverything() {
    QFETCH(const int, scheme);
    look_ = QLatin1String(QTest::currentDataTag());
    // Before there is a window: outside of exec() a new palette does not reach the widgets that there are.
    tearDown();
    applyColourScheme(static_cast<ColourScheme>(scheme));
    setUp();
    window_->resize(1240, 800);
    picture("empty");
    QFile broken(path("broken.pth"));
    QVERIFY(broken.open(QIODevice::WriteOnly) && broken.write("no checkpoint") > 0);
    broken.close();
    after(window_.get(), &MainWindow::fileFailed, [&] { window_->openFile(broken.fileName()); });
    picture("error");
    window_->closeFile();
    auto tensors = samples::transformer(12, 64);
    QVERIFY(samples::writeSafetensors(path("before.safetensors"), tensors));
    tensors.pop_back();
    tensors.push_back({QStringLiteral("head.weight"), {64, 64}});
    QVERIFY(samples::writeSafetensors(path("after.safetensors"), tensors,
                                      {{QStringLiteral("format"), QStringLiteral("pt")}}));
    QVERIFY(open(path("after.safetensors")));
    window_->resetLayout();
    inspect();
    reports();
    compare();
    rest();
}

void TstTour::inspect() {
    const auto& table = window_->checkpoint()->tensors;
    window_->currentPage()->showTensor(findTensor(table, "blocks.4.ff.weight"));
    picture("inspect-tree");
    find<QTabBar>("listingSwitch")->setCurrentIndex(1);
    picture("inspect-list");
    after(find<TreemapPlot>("treemapPlot"), &TreemapPlot::drawn,
          [&] { window_->currentPage()->showTensorsAs(TensorShow::Treemap); });
    picture("inspect-treemap");
    after(find<FileMapPlot>("fileMapPlot"), &FileMapPlot::drawn,
          [&] { window_->currentPage()->showTensorsAs(TensorShow::FileMap); });
    picture("inspect-file");
    find<QTabWidget>("detailTabs")->setCurrentIndex(2);
    picture("inspect-metadata");
    window_->currentPage()->showTensorsAs(TensorShow::Tree);
}

void TstTour::reports() {
    after(find<OverviewView>("overviewView"), &OverviewView::reportShown,
          [&] { window_->setView(MainWindow::View::Overview); });
    picture("overview");
    window_->setView(MainWindow::View::Safety);
    picture("safety");
    window_->setView(MainWindow::View::Integrity);
    picture("integrity");
}

void TstTour::compare() {
    auto* view = find<CompareView>("compareView");
    window_->setView(MainWindow::View::Compare);
    picture("compare-start");
    after(view, &CompareView::compared, [&] { view->compareWith({path("before.safetensors"), nullptr}); });
    after(view, &CompareView::compared, [&] { view->compareValues(); });
    auto* table = find<QTableView>("compareTable");
    after(find<PairPane>("pairPane"), &PairPane::shown,
          [&] { table->setCurrentIndex(table->model()->index(table->model()->rowCount() - 1, 0)); });
    picture("compare");
}

void TstTour::rest() {
    const auto planned = find<ConvertView>("convertView");
    after(planned, &ConvertView::planShown, [&] { window_->setView(MainWindow::View::Convert); });
    picture("convert");
    after(find<LoadLabView>("loadLabView"), &LoadLabView::probed,
          [&] { window_->setView(MainWindow::View::LoadTest); });
    picture("load-test");
    window_->showJobs(true);
    QVERIFY(window_->findChild<QDockWidget*>(QStringLiteral("jobsDock"))->isVisible());
    picture("jobs");
    window_->showHelp();
    for (QWidget* top : QApplication::topLevelWidgets())
        if (qobject_cast<HelpWindow*>(top) != nullptr && top->isVisible()) picture("help", top);
    window_->showPalette();
    for (QWidget* top : QApplication::topLevelWidgets())
        if (top->objectName() == QLatin1String("commandPalette")) picture("palette", top);
}

QTEST_MAIN(TstTour)
#include "tst_tour.moc"
