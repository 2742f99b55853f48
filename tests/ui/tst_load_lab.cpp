// SPDX-License-Identifier: GPL-3.0-or-later
#include <signal.h>
#include <unistd.h>

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QDropEvent>
#include <QFile>
#include <QFileDialog>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableView>
#include <QTimer>
#include <QtTest>
#include <algorithm>
#include <cstdlib>

#include "cli.h"
#include "lab/report_files.h"
#include "lab/report_json.h"
#include "lab/report_reader.h"
#include "plots/memory_plot.h"
#include "theme/theme.h"
#include "views/load_lab/load_lab_view.h"
#include "views/load_lab/runs_table.h"
#include "widgets/label.h"
#include "window/error_page.h"
#include "window/recent_files.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

class TstLoadLab : public WindowFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }

    void saysWhatLoadTestsLack();
    void loadTests();
    void cancelsLoadTest();
    void keepsTheCurveOfAKilledLoader();
    void predictsBeforeRunning();
    void predictsForAGpuThatIsNotHere();
    void namesTheCommand();
    void savesAndReopens();
    void failuresSayWhatFirst();
    void opensAReportByItself_data();
    void opensAReportByItself();
    void opensAReportFrom_data();
    void opensAReportFrom();
    void tellsConditionsApart();
    void refusesABrokenReport();
    void plotsArePictures();
    void offersTheCode();
    void followsTheColours();

private:
    [[nodiscard]] QString result(int run) {
        const auto* runs = find<QAbstractItemView>("runsTable")->model();
        return runs->index(run, runs->columnCount() - 1).data().toString();
    }
    // The load view, ready to run on the file.
    void showLab(const QString& file) {
        QVERIFY(open(file));
        QSignalSpy probed(find<LoadLabView>("loadLabView"), &LoadLabView::probed);
        window_->setView(MainWindow::View::LoadTest);
        QVERIFY(probed.wait(kPatienceMs));
        QTRY_VERIFY2(find<QPushButton>("loadStart")->isEnabled(), qPrintable(bannerText("loaderProblem")));
    }
    void chooseOnly(const QString& strategy) {
        find<QAbstractButton>("strategiesNone")->click();
        find<QCheckBox>(qPrintable(QStringLiteral("strategy-") + strategy))->setChecked(true);
    }
};

namespace {

// The load program that this process has started; 0 where there is none.
pid_t loaderPid() {
    const QDir all(QStringLiteral("/proc"));
    for (const QString& entry : all.entryList(QDir::Dirs)) {
        QFile stat(QStringLiteral("/proc/%1/stat").arg(entry));
        if (!stat.open(QIODevice::ReadOnly)) continue;
        const QByteArray text = stat.readAll();
        const auto fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
        if (text.contains("(plimsoll-loade") && fields.size() > 1 && fields[1].toInt() == ::getpid())
            return entry.toInt();
    }
    return 0;
}

LoadReport savedReport() {
    LoadReport report{"far/away.pth", "cpu", 640 << 20U, {}, "another machine"};
    for (const unsigned round : {0U, 1U}) {
        LoadRun run;
        run.strategy = "streamed";
        run.device = "cpu";
        run.round = round;
        run.seconds = 1 + 2 * round;
        run.checksum = "ab";
        run.verified = true;
        run.host.peakAnon = 650U << 20U;
        run.predicted = Prediction{650U << 20U, 0, 0, 0};
        run.timeline.phases = {{"open", 0, 0.5}, {"read", 0.5, run.seconds}};
        for (int n = 0; n <= 50; ++n) {
            TimelinePoint point;
            point.seconds = run.seconds * n / 50;
            point.anon = static_cast<std::uint64_t>(n) * (13U << 20U);
            run.timeline.points.push_back(point);
        }
        report.runs.push_back(run);
    }
    return report;
}

}  // namespace

void TstLoadLab::saysWhatLoadTestsLack() {
    qunsetenv("PLIMSOLL_LOADER");  // and there is none beside the tests
    QVERIFY(open(sampleFile()));
    QSignalSpy probed(find<LoadLabView>("loadLabView"), &LoadLabView::probed);
    window_->setView(MainWindow::View::LoadTest);
    QVERIFY(probed.wait(kPatienceMs));
    QVERIFY(visible("loaderProblem"));
    QVERIFY2(bannerText("loaderProblem").contains(QStringLiteral("plimsoll-loader")),
             qPrintable(bannerText("loaderProblem")));
    QVERIFY(!find<QPushButton>("loadStart")->isEnabled());
}

void TstLoadLab::loadTests() {
    if (!QFile::exists(builtProgram(QStringLiteral("plimsoll-loader"))))
        QSKIP("plimsoll-loader was not built: no torch wheel (packaging/setup.sh)");
    const QString file = path("model.safetensors");
    QVERIFY(samples::writeSafetensors(file, samples::transformer(4, 512)));  // about 16 MB
    QVERIFY(open(file));
    auto* view = find<LoadLabView>("loadLabView");
    QSignalSpy probed(view, &LoadLabView::probed);
    window_->setView(MainWindow::View::LoadTest);
    QVERIFY(probed.wait(kPatienceMs));
    QTRY_VERIFY2(find<QPushButton>("loadStart")->isEnabled(), qPrintable(bannerText("loaderProblem")));
    find<QCheckBox>("strategy-baseline")->setChecked(false);
    QSignalSpy finished(view, &LoadLabView::finished);
    press("loadStart");
    QVERIFY(window_->isBusy());
    QVERIFY(finished.wait(kPatienceMs * 2));
    const auto* runs = find<QAbstractItemView>("runsTable")->model();
    const int strategies =
        static_cast<int>(view->findChildren<QCheckBox*>(QRegularExpression(QStringLiteral("^strategy-"))).size());
    QCOMPARE(runs->rowCount(), strategies - 1);
    auto* plot = find<MemoryPlot>("loadPlot");
    for (int run = 0; run < runs->rowCount(); ++run) {
        const QString outcome = runs->index(run, runs->columnCount() - 1).data().toString();
        QVERIFY2(outcome.contains(QStringLiteral("verified")) && !outcome.contains(QStringLiteral("not")),
                 qPrintable(outcome));
        QVERIFY(plot->pointCount(run) > 0);
    }
    press("loadClear");
    QCOMPARE(runs->rowCount(), 0);
}

void TstLoadLab::cancelsLoadTest() {
    if (!QFile::exists(builtProgram(QStringLiteral("plimsoll-loader"))))
        QSKIP("plimsoll-loader was not built: no torch wheel (packaging/setup.sh)");
    QVERIFY(open(sampleFile()));
    auto* view = find<LoadLabView>("loadLabView");
    QSignalSpy probed(view, &LoadLabView::probed);
    window_->setView(MainWindow::View::LoadTest);
    QVERIFY(probed.wait(kPatienceMs));
    QTRY_VERIFY2(find<QPushButton>("loadStart")->isEnabled(), qPrintable(bannerText("loaderProblem")));
    QSignalSpy finished(view, &LoadLabView::finished);
    press("loadStart");
    press("loadCancel");
    QVERIFY(finished.wait(kPatienceMs));
    QVERIFY(!window_->isBusy());
    const auto* runs = find<QAbstractItemView>("runsTable")->model();
    const QString last = runs->index(runs->rowCount() - 1, runs->columnCount() - 1).data().toString();
    QCOMPARE(last, QStringLiteral("cancelled"));
}

void TstLoadLab::keepsTheCurveOfAKilledLoader() {
    if (!QFile::exists(builtProgram(QStringLiteral("plimsoll-loader"))))
        QSKIP("plimsoll-loader was not built: no torch wheel (packaging/setup.sh)");
    const QString file = path("model.safetensors");
    QVERIFY(samples::writeSafetensors(file, samples::transformer(24, 1024)));  // long enough to be struck down
    showLab(file);
    chooseOnly(QStringLiteral("baseline"));
    QSignalSpy finished(find<LoadLabView>("loadLabView"), &LoadLabView::finished);
    press("loadStart");
    auto* plot = find<MemoryPlot>("loadPlot");
    QTRY_VERIFY_WITH_TIMEOUT(plot->runCount() == 1 && plot->pointCount(0) > 0, kPatienceMs);
    const pid_t loader = loaderPid();
    QVERIFY(loader > 0);
    QCOMPARE(::kill(loader, SIGKILL), 0);
    QVERIFY(finished.count() > 0 || finished.wait(kPatienceMs));
    QVERIFY2(result(0).contains(QStringLiteral("SIGKILL")), qPrintable(result(0)));
    QVERIFY(plot->pointCount(0) > 0);
    QVERIFY(find<QPushButton>("loadStart")->isEnabled());
    QVERIFY(find<QPushButton>("reportSave")->isEnabled());
}

// Needs no load program.
void TstLoadLab::predictsBeforeRunning() {
    QVERIFY(open(sampleFile()));
    auto* view = find<LoadLabView>("loadLabView");
    QSignalSpy predicted(view, &LoadLabView::predicted);
    window_->setView(MainWindow::View::LoadTest);
    const auto* table = find<QAbstractItemView>("predictionTable")->model();
    QTRY_COMPARE(table->rowCount(), 8);
    const auto verdict = [&](int row) { return table->index(row, table->columnCount() - 1).data().toString(); };
    find<QLineEdit>("hostRoom")->setText(QStringLiteral("16 GB"));
    QTRY_VERIFY(verdict(0).contains(QStringLiteral("✓")));
    find<QLineEdit>("hostRoom")->setText(QStringLiteral("1 MB"));
    QTRY_VERIFY(verdict(0).contains(QStringLiteral("✗")));
    chooseOnly(QStringLiteral("streamed"));
    QTRY_COMPARE(table->rowCount(), 1);
    find<QLineEdit>("hostLimit")->setText(QStringLiteral("much"));
    QVERIFY(!find<QPushButton>("loadStart")->isEnabled());
    find<QLineEdit>("hostLimit")->clear();
}

void TstLoadLab::predictsForAGpuThatIsNotHere() {
    QVERIFY(open(sampleFile()));
    window_->setView(MainWindow::View::LoadTest);
    auto* table = find<QTableView>("predictionTable");
    QTRY_COMPARE(table->model()->rowCount(), 8);
    const int last = table->model()->columnCount() - 1;
    const auto verdict = [&] { return table->model()->index(0, last).data().toString(); };
    find<QLineEdit>("hostRoom")->setText(QStringLiteral("16 GB"));
    find<QLineEdit>("deviceRoom")->setText(QStringLiteral("24 GB"));
    QTRY_VERIFY(!table->isColumnHidden(last - 1));
    QTRY_VERIFY2(verdict().startsWith(QStringLiteral("✓")), qPrintable(verdict()));
    find<QLineEdit>("deviceRoom")->setText(QStringLiteral("1 MB"));
    QTRY_VERIFY2(verdict().contains(QStringLiteral("of GPU memory")), qPrintable(verdict()));
    find<QLineEdit>("hostRoom")->setText(QStringLiteral("1 MB"));
    QTRY_VERIFY2(verdict().contains(QStringLiteral("of host memory and ")), qPrintable(verdict()));
    find<QLineEdit>("deviceRoom")->setText(QStringLiteral("24 potatoes"));
    QTRY_VERIFY2(text("predictionRemark").contains(QStringLiteral("16 GB")), qPrintable(text("predictionRemark")));
    find<QLineEdit>("deviceRoom")->clear();
    QTRY_VERIFY(table->isColumnHidden(last - 1));
}

void TstLoadLab::namesTheCommand() {
    const QString file = sampleFile();
    QVERIFY(open(file));
    window_->setView(MainWindow::View::LoadTest);
    const auto command = [this] { return find<QLineEdit>("loadCommand")->text(); };
    QTRY_COMPARE(command(), QStringLiteral("plimsoll-cli load %1 --strategy all").arg(file));
    wheelOver(*find<QWidget>("castBox"), -120);  // it scrolls the form
    wheelOver(*find<QWidget>("roundsBox"), 120);
    QCOMPARE(command(), QStringLiteral("plimsoll-cli load %1 --strategy all").arg(file));
    chooseOnly(QStringLiteral("streamed"));
    find<QLineEdit>("hostLimit")->setText(QStringLiteral("1 GB"));
    QCOMPARE(command(), QStringLiteral("plimsoll-cli load %1 --strategy streamed --limit-host 1000000000").arg(file));
    press("copyLoadCommand");
    QCOMPARE(QApplication::clipboard()->text(), command());
    STATUS_IS(runCli(command().split(QLatin1Char(' ')).mid(1) + QStringList{QStringLiteral("--predict-only")}), 0);
    find<QAbstractButton>("strategiesNone")->click();
    QVERIFY(command().isEmpty());
    QVERIFY(!find<QPushButton>("copyLoadCommand")->isEnabled());
}

void TstLoadLab::savesAndReopens() {
    QVERIFY(open(sampleFile()));
    auto* view = find<LoadLabView>("loadLabView");
    window_->setView(MainWindow::View::LoadTest);
    QVERIFY(writeReport(savedReport(), path("saved").toStdString()));
    QSignalSpy shown(view, &LoadLabView::reportShown);
    view->openReport(path("saved"));
    QVERIFY(shown.wait(kPatienceMs));
    const auto* runs = find<QAbstractItemView>("runsTable")->model();
    QCOMPARE(runs->rowCount(), 2);
    QCOMPARE(runs->index(0, RunsTable::Anonymous).data().toString(), QStringLiteral("650 MiB  (1.02 ×)"));
    const auto* medians = find<QAbstractItemView>("summaryTable")->model();
    QCOMPARE(medians->rowCount(), 1);
    QVERIFY(medians->index(0, 3).data().toString().startsWith(QStringLiteral("2")));  // of 1 and 3 seconds
    auto* plot = find<MemoryPlot>("loadPlot");
    QCOMPARE(plot->runCount(), 2);
    QVERIFY(plot->pointCount(1) > 40);
    QSignalSpy saved(view, &LoadLabView::reportSaved);
    for (const auto& [part, name] : {std::pair(ReportJob::Part::Json, "again.json"),
                                     {ReportJob::Part::Svg, "c.svg"},
                                     {ReportJob::Part::RunsCsv, "r.csv"},
                                     {ReportJob::Part::CurvesCsv, "s.csv"},
                                     {ReportJob::Part::Folder, "folder"}}) {
        view->saveReport(part, path(name));
        QVERIFY(saved.wait(kPatienceMs));
        QVERIFY(QFileInfo(path(name)).size() > 0);
    }
    const auto back = readLoadReport(path("again.json").toStdString());
    QVERIFY(back);
    QCOMPARE(loadReportJson(*back), loadReportJson(savedReport()));
    view->openReport(sampleFile());
    QTRY_VERIFY(bannerText("loaderProblem").contains(QStringLiteral("report")));
    view->openReport(path("saved"));  // what went wrong before is over
    QTRY_VERIFY(!bannerText("loaderProblem").contains(QStringLiteral("report")));
    QVERIFY(shown.wait(kPatienceMs));
    press("loadClear");
    QCOMPARE(plot->runCount(), 0);
}

// The path of the checkpoint is long, and in a narrow column it was all that was seen.
void TstLoadLab::failuresSayWhatFirst() {
    LoadReport report = savedReport();
    report.runs[0].verified = report.runs[1].verified = false;
    report.runs[0].error = report.path + ": the load program was killed";
    report.runs[1].error = "there is no such file";
    find<LoadLabView>("loadLabView")->show(report);
    QCOMPARE(result(0), QStringLiteral("the load program was killed"));
    QCOMPARE(result(1), QStringLiteral("there is no such file"));
}

void TstLoadLab::opensAReportByItself_data() {
    QTest::addColumn<QString>("name");
    QTest::newRow("the folder") << "saved";
    QTest::newRow("its document") << "saved/report.json";
}

// No checkpoint, no load program.
void TstLoadLab::opensAReportByItself() {
    QFETCH(const QString, name);
    QVERIFY(writeReport(savedReport(), path("saved").toStdString()));
    const QString file = path(qPrintable(name));
    QVERIFY(open(file));
    QVERIFY(!window_->checkpoint());
    QVERIFY(visible("runsTable") || visible("summaryTable"));
    QVERIFY(!visible("loadStart"));
    QVERIFY(!visible("reportSource"));  // the checkpoint is far away
    QVERIFY(find<QPushButton>("reportSave")->isEnabled());
    QCOMPARE(find<QAbstractItemView>("runsTable")->model()->rowCount(), 2);
    QCOMPARE(find<QAbstractItemView>("summaryTable")->model()->rowCount(), 1);
    QVERIFY(find<MemoryPlot>("loadPlot")->pointCount(0) > 40);
    QCOMPARE(recentFiles::list().value(0), file);
    window_->setView(MainWindow::View::LoadTest);
    // A checkpoint in its place has the load lab whole again.
    window_->closeFile();
    QVERIFY(open(sampleFile()));
    QVERIFY(visible("loadStart"));
    QVERIFY(visible("predictionTable"));
    QCOMPARE(find<QAbstractItemView>("runsTable")->model()->rowCount(), 0);
}

void TstLoadLab::opensAReportFrom_data() {
    QTest::addColumn<QString>("way");
    for (const char* way : {"the menu", "a drop", "the command line"}) QTest::newRow(way) << way;
}

void TstLoadLab::opensAReportFrom() {
    QFETCH(const QString, way);
    QVERIFY(writeReport(savedReport(), path("saved").toStdString()));
    const QString file = path("saved/report.json");
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    if (way == "the menu") {
        QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
        const auto actions = window_->findChildren<QAction*>();
        const auto action = std::ranges::find(actions, QStringLiteral("Open load re&port…"), &QAction::text);
        QVERIFY(action != actions.end());
        bool asked = false;
        QTimer::singleShot(0, window_.get(), [&] {
            auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
            if (dialog == nullptr) return;
            asked = true;
            dialog->selectFile(file);
            static_cast<QDialog*>(dialog)->accept();
        });
        (*action)->trigger();
        QVERIFY(asked);
    } else if (way == "a drop") {
        QMimeData mime;
        mime.setUrls({QUrl::fromLocalFile(file)});
        // Qt drops only where something came in.
        QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(find<QWidget>("emptyPage"), &enter);
        QDropEvent drop(QPointF(5, 5), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(find<QWidget>("emptyPage"), &drop);
    } else {
        window_->openFiles({file});
    }
    QVERIFY(!opened.isEmpty() || opened.wait(kPatienceMs));
    QVERIFY(visible("runsTable") || visible("summaryTable"));
    QCOMPARE(find<QAbstractItemView>("runsTable")->model()->rowCount(), 2);
}

void TstLoadLab::tellsConditionsApart() {
    auto* view = find<LoadLabView>("loadLabView");
    auto* runs = find<QTableWidget>("runsTable");
    LoadReport report = savedReport();
    view->show(report);
    QVERIFY(runs->isColumnHidden(RunsTable::AskedFor));
    report.runs[1].cache = CacheState::Cold;
    view->show(report);
    QVERIFY(!runs->isColumnHidden(RunsTable::AskedFor));
    QCOMPARE(runs->item(0, RunsTable::AskedFor)->text(), QString());
    QCOMPARE(runs->item(1, RunsTable::AskedFor)->text(), QStringLiteral("cold cache"));
}

void TstLoadLab::refusesABrokenReport() {
    QFile file(path("report.json"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(R"({"path": "x.pth", "device": "cpu", "model_bytes": 5})");
    file.close();
    QSignalSpy failed(window_.get(), &MainWindow::fileFailed);
    window_->openFile(path("report.json"));
    QVERIFY(failed.wait(kPatienceMs));
    QVERIFY(find<ErrorPage>("errorPage")->details().contains(QStringLiteral("is no report of load tests")));
}

// The PNG has the SVG's drawing: its size twice, its colours.
void TstLoadLab::plotsArePictures() {
    const auto report = savedReport();
    for (const bool bars : {false, true}) {
        const auto png = bars ? pngOf(peakBars(report)) : pngOf(memoryCurves(report));
        if (!png && png.error().what.find("without cairo") != std::string::npos) QSKIP(png.error().what.c_str());
        QVERIFY2(png, png ? "" : png.error().what.c_str());
        const QImage image = QImage::fromData(QByteArray::fromStdString(*png), "PNG");
        QCOMPARE(image.width(), 1720);
        int white = 0;
        int blue = 0;  // the first strategy's colour
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                const QRgb pixel = image.pixel(x, y) & 0xffffffU;
                white += pixel == 0xffffffU ? 1 : 0;
                blue += pixel == 0x1b6e9bU ? 1 : 0;
            }
        }
        QVERIFY(blue > 500);
        QVERIFY(white > image.width() * image.height() / 2);
    }
}

void TstLoadLab::offersTheCode() {
    QVERIFY(open(sampleFile()));
    window_->setView(MainWindow::View::LoadTest);
    find<QComboBox>("snippetStrategy")->setCurrentText(QStringLiteral("mmap-assign"));
    QVERIFY(find<QPlainTextEdit>("snippetCode")->toPlainText().contains(QStringLiteral("assign=True")));
    find<QPushButton>("snippetCopy")->click();
    QVERIFY(QGuiApplication::clipboard()->text().contains(QStringLiteral("assign=True")));
    find<QComboBox>("snippetStrategy")->setCurrentText(QStringLiteral("lazy"));
    QVERIFY(find<QPlainTextEdit>("snippetCode")->toPlainText().contains(QStringLiteral("dtype = torch.bfloat16")));
    find<QComboBox>("castBox")->setCurrentText(QStringLiteral("f16"));
    QVERIFY(find<QPlainTextEdit>("snippetCode")->toPlainText().contains(QStringLiteral("dtype = torch.float16")));
}

// Another scheme while the window is open: texts of the old one would be dark on dark.
void TstLoadLab::followsTheColours() {
    applyColourScheme(ColourScheme::Light);
    QVERIFY(open(sampleFile()));
    window_->setView(MainWindow::View::LoadTest);
    QTRY_COMPARE(find<QAbstractItemView>("predictionTable")->model()->rowCount(), 8);
    for (const ColourScheme scheme : {ColourScheme::Dark, ColourScheme::Light, ColourScheme::Dark}) {
        applyColourScheme(scheme);
        QApplication::processEvents();
        const QPalette now = QApplication::palette();
        for (const auto* label : window_->findChildren<Label*>()) {
            if (!label->isVisible()) continue;
            const int contrast = std::abs(label->palette().color(QPalette::WindowText).lightness() -
                                          now.color(QPalette::Window).lightness());
            QVERIFY2(contrast > 60, qPrintable(QStringLiteral("%1: %2").arg(label->text()).arg(contrast)));
        }
    }
    applyColourScheme(ColourScheme::Light);
}

QTEST_MAIN(TstLoadLab)
#include "tst_load_lab.moc"
