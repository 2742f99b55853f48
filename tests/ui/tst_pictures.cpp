// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/resource.h>

#include <QAction>
#include <QClipboard>
#include <QPainter>
#include <QSet>
#include <QSvgRenderer>
#include <QTabWidget>

#include "io/process_setup.h"
#include "models/job_list_model.h"
#include "plots/file_map_plot.h"
#include "plots/heatmap_plot.h"
#include "plots/histogram_plot.h"
#include "plots/picture_actions.h"
#include "plots/treemap_plot.h"
#include "views/compare/compare_view.h"
#include "views/compare/pair_pane.h"
#include "views/inspect/inspect_view.h"
#include "views/inspect/tensor_page.h"
#include "window/toast.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

// Plots leave the window as pictures.
class TstPictures : public WindowFixture {
    Q_OBJECT
private slots:
    void initTestCase() { prepareProcess(); }
    void init() { setUp(); }
    void cleanup() { tearDown(); }
    void saves_data();
    void saves();
    void copies_data();
    void copies();
    void failsCleanly_data();
    void failsCleanly();
    void actsOnTheNearest();

private:
    // Brings the plot of this name before the eyes, with something in it; null where it does not come.
    PictureActions* see(const QString& name);
    bool seeHistograms();
    bool seeValues(const QString& name);
    [[nodiscard]] QStringList filesIn(const char* folder) const { return QDir(path(folder)).entryList(QDir::Files); }
};

namespace {

const QStringList kPlots{QStringLiteral("treemapPlot"), QStringLiteral("fileMapPlot"), QStringLiteral("histogramPlot"),
                         QStringLiteral("heatmapPlot"), QStringLiteral("pairPlot")};

bool isBlank(const QImage& image) {
    QSet<QRgb> colours;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x) colours.insert(image.pixel(x, y));
    return colours.size() < 8;
}

QImage drawnSvg(const QString& path) {
    QSvgRenderer renderer(path);
    if (!renderer.isValid()) return {};
    QImage image(renderer.viewBox().size(), QImage::Format_RGB32);
    image.fill(Qt::magenta);
    QPainter painter(&image);
    renderer.render(&painter);
    return image;
}

}  // namespace

bool TstPictures::seeHistograms() {
    auto* view = find<CompareView>("compareView");
    if (!samples::writeSafetensors(path("other.safetensors"), samples::transformer(3, 16))) return false;
    window_->setView(MainWindow::View::Compare);
    QSignalSpy compared(view, &CompareView::compared);
    view->compareWith({path("other.safetensors"), nullptr});
    if (compared.isEmpty() && !compared.wait(kPatienceMs)) return false;
    QSignalSpy shown(find<PairPane>("pairPane"), &PairPane::shown);
    auto* table = find<QTableView>("compareTable");
    table->setCurrentIndex(table->model()->index(0, 0));
    return !shown.isEmpty() || shown.wait(kPatienceMs);
}

bool TstPictures::seeValues(const QString& name) {
    window_->currentPage()->showTensor(findTensor(window_->checkpoint()->tensors, "blocks.1.ff.weight"));
    TensorPage* page = window_->currentPage()->inspect()->turnToTensor();
    name == QLatin1String("heatmapPlot") ? page->showHeatmap() : page->showStatistics();
    auto* plot = find<QWidget>(qPrintable(name));
    return QTest::qWaitFor([plot] { return plot->isVisible(); }, kPatienceMs);
}

PictureActions* TstPictures::see(const QString& name) {
    if (!open(sampleFile())) return nullptr;
    auto* plot = find<QWidget>(qPrintable(name));
    if (name == QLatin1String("pairPlot")) {
        if (!seeHistograms()) return nullptr;
    } else if (name == QLatin1String("treemapPlot")) {
        QSignalSpy drawn(find<TreemapPlot>("treemapPlot"), &TreemapPlot::drawn);
        window_->currentPage()->showTensorsAs(TensorShow::Treemap);
        if (!drawn.wait(kPatienceMs)) return nullptr;
    } else if (name == QLatin1String("fileMapPlot")) {
        QSignalSpy drawn(find<FileMapPlot>("fileMapPlot"), &FileMapPlot::drawn);
        window_->currentPage()->showTensorsAs(TensorShow::FileMap);
        if (!drawn.wait(kPatienceMs)) return nullptr;
    } else if (!seeValues(name)) {
        return nullptr;
    }
    return plot->isVisible() ? plot->findChild<PictureActions*>() : nullptr;
}

void TstPictures::saves_data() {
    QTest::addColumn<QString>("plot");
    QTest::addColumn<QString>("ending");
    for (const QString& plot : kPlots)
        for (const char* ending : {".png", ".svg", ".SVG"})
            QTest::addRow("%s%s", qPrintable(plot), ending) << plot << QString::fromLatin1(ending);
}

void TstPictures::saves() {
    QFETCH(const QString, plot);
    QFETCH(const QString, ending);
    PictureActions* pictures = see(plot);
    QVERIFY(pictures != nullptr);
    const PlotPicture seen = pictures->picture();
    QVERIFY(!seen.isEmpty() && !seen.name.isEmpty());
    QVERIFY(QDir().mkpath(path("out")));
    const QString file = path("out/picture") + ending;
    QFile before(file);  // is replaced
    QVERIFY(before.open(QIODevice::WriteOnly) && before.write("older") > 0);
    before.close();
    QSignalSpy ended(pictures, &PictureActions::ended);
    pictures->save(file);
    QVERIFY(ended.wait(kPatienceMs));
    QCOMPARE(filesIn("out"), QStringList{QStringLiteral("picture") + ending});
    const bool vectors = ending.toLower() == QLatin1String(".svg");
    const QImage image = vectors ? drawnSvg(file) : QImage(file, "PNG");
    QCOMPARE(image.size(), vectors ? seen.size : (QSizeF(seen.size) * seen.pixelRatio).toSize());
    QVERIFY(!isBlank(image));
    QVERIFY(image.pixelColor(image.width() - 1, image.height() - 1) == seen.background);
    // Letters stay letters.
    QFile written(file);
    QVERIFY(written.open(QIODevice::ReadOnly));
    QCOMPARE(written.readAll().contains("<text"), vectors);
    QTRY_VERIFY(window_->findChild<Toast*>()->isVisible());
    QVERIFY(window_->findChild<Toast*>()->accessibleDescription().endsWith(file));
}

void TstPictures::copies_data() {
    QTest::addColumn<QString>("plot");
    for (const QString& plot : kPlots) QTest::addRow("%s", qPrintable(plot)) << plot;
}

void TstPictures::copies() {
    QFETCH(const QString, plot);
    PictureActions* pictures = see(plot);
    QVERIFY(pictures != nullptr);
    auto* copy = find<QWidget>(qPrintable(plot))->findChild<QAction*>(QStringLiteral("pictureCopy"));
    QVERIFY(copy != nullptr);
    copy->trigger();
    const QImage copied = QApplication::clipboard()->image();
    QCOMPARE(copied.size(), (QSizeF(pictures->picture().size) * pictures->picture().pixelRatio).toSize());
    QVERIFY(!isBlank(copied));
}

void TstPictures::failsCleanly_data() {
    QTest::addColumn<QString>("folder");
    QTest::addColumn<bool>("full");
    QTest::addColumn<QString>("says");
    QTest::newRow("a folder that is not there") << "out/none" << false << "No such file or directory";
    QTest::newRow("a file for a folder") << "sample.safetensors" << false << "Not a directory";
    QTest::newRow("a full disk") << "out" << true << "File too large";
}

// One error that says why, nothing under the name, and nothing beside it.
void TstPictures::failsCleanly() {
    QFETCH(const QString, folder);
    QFETCH(const bool, full);
    QFETCH(const QString, says);
    PictureActions* pictures = see(QStringLiteral("treemapPlot"));
    QVERIFY(pictures != nullptr);
    QVERIFY(QDir().mkpath(path("out")));
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit small{512, before.rlim_max};
    if (full) QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
    QSignalSpy ended(pictures, &PictureActions::ended);
    pictures->save(path(qPrintable(folder + QStringLiteral("/picture.png"))));
    const bool came = ended.wait(kPatienceMs);
    ::setrlimit(RLIMIT_FSIZE, &before);
    QVERIFY(came);
    QCOMPARE(filesIn("out"), QStringList());
    auto* jobs = window_->findChild<JobListModel*>();
    QCOMPARE(jobs->rowCount(), 1);
    QCOMPARE(jobs->at(0).state, JobListModel::JobState::Failed);
    QVERIFY2(jobs->at(0).outcome.contains(says), qPrintable(jobs->at(0).outcome));
    QVERIFY(window_->findChild<Toast*>()->isVisible());
}

// Of several plots the one that is nearest to the keyboard; where there is none, the window says so.
void TstPictures::actsOnTheNearest() {
    PictureActions* map = see(QStringLiteral("treemapPlot"));
    QVERIFY(map != nullptr);
    QVERIFY(seeValues(QStringLiteral("histogramPlot")));
    auto* histogram = find<QWidget>("histogramPlot")->findChild<PictureActions*>();
    QCOMPARE(PictureActions::nearest(find<QWidget>("filterLine")), map);
    QCOMPARE(PictureActions::nearest(find<QWidget>("treemapPlot")), map);
    QCOMPARE(PictureActions::nearest(find<QTabWidget>("tensorViews")), histogram);
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    find<QTabWidget>("tensorViews")->setFocus();
    QApplication::clipboard()->clear();
    QTest::keyClick(window_.get(), Qt::Key_P, Qt::ControlModifier | Qt::AltModifier);
    QCOMPARE(QApplication::clipboard()->image().size(), imageOf(histogram->picture()).size());
    window_->setView(MainWindow::View::Safety);
    QVERIFY(PictureActions::nearest(window_->currentPage()) == nullptr);
    QTest::keyClick(window_.get(), Qt::Key_P, Qt::ControlModifier | Qt::AltModifier);
    QVERIFY(window_->findChild<Toast*>()->isVisible());
}

QTEST_MAIN(TstPictures)
#include "tst_pictures.moc"
