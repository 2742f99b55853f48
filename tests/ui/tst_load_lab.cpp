// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemView>
#include <QCheckBox>
#include <QFile>
#include <QPushButton>
#include <QtTest>

#include "plots/memory_plot.h"
#include "views/load_lab/load_lab_view.h"
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
};

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

QTEST_MAIN(TstLoadLab)
#include "tst_load_lab.moc"
