// SPDX-License-Identifier: GPL-3.0-or-later
#include <QComboBox>
#include <QFile>
#include <QLineEdit>
#include <QPushButton>
#include <QtTest>

#include "plots/memory_plot.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

class TstConvertView : public WindowFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }

    void plansConversion();
    void explainsImpossiblePlan();
    void converts();
    void refusesExistingDestination();
    void cancelsConversion();
    void closesWhileWorking();
};

void TstConvertView::plansConversion() {
    QVERIFY(open(sampleFile()));
    window_->setView(MainWindow::View::Convert);
    QVERIFY(visible("convertView"));
    QTRY_VERIFY(find<QPushButton>("convertStart")->isEnabled());
    QVERIFY2(text("planChanges").contains(QStringLiteral("14 tensors in 1 file")), qPrintable(text("planChanges")));
    auto* dtype = find<QComboBox>("dtypeBox");
    dtype->setCurrentIndex(dtype->findText(QStringLiteral("bf16")));
    QVERIFY(waitForPlan());
    QVERIFY2(text("planChanges").contains(QStringLiteral("14 tensors cast")), qPrintable(text("planChanges")));
    QVERIFY(find<QLineEdit>("commandLine")->text().contains(QStringLiteral("--dtype bf16")));
    QVERIFY(find<QLineEdit>("destination")->text().endsWith(QStringLiteral("sample-bf16.pth")));
    find<QLineEdit>("dropPatterns")->setText(QStringLiteral("*.bias"));
    QVERIFY(waitForPlan());
    QVERIFY2(text("planChanges").contains(QStringLiteral("11 tensors in 1 file")), qPrintable(text("planChanges")));
}

void TstConvertView::explainsImpossiblePlan() {
    QVERIFY(open(sampleFile()));
    window_->setView(MainWindow::View::Convert);
    QTRY_VERIFY(find<QPushButton>("convertStart")->isEnabled());
    find<QLineEdit>("dropPatterns")->setText(QStringLiteral("*"));
    QVERIFY(waitForPlan());
    QVERIFY(visible("planProblem"));
    QVERIFY(!bannerText("planProblem").isEmpty());
    QVERIFY(!find<QPushButton>("convertStart")->isEnabled());
}

void TstConvertView::converts() {
    QVERIFY(open(sampleFile()));
    window_->setView(MainWindow::View::Convert);
    auto* dtype = find<QComboBox>("dtypeBox");
    dtype->setCurrentIndex(dtype->findText(QStringLiteral("f16")));
    QVERIFY(waitForPlan());
    const QString destination = find<QLineEdit>("destination")->text();
    QVERIFY(!QFile::exists(destination));
    press("convertStart");
    QTRY_VERIFY_WITH_TIMEOUT(!bannerText("convertOutcome").isEmpty(), kPatienceMs);
    QVERIFY2(bannerText("convertOutcome").startsWith(QStringLiteral("Written")),
             qPrintable(bannerText("convertOutcome")));
    QVERIFY(QFile::exists(destination));
    QVERIFY(find<MemoryPlot>("convertPlot")->pointCount(0) > 0);
    QVERIFY(find<QLineEdit>("destination")->text() != destination);  // the next one must not collide
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    press("openResult");
    QVERIFY(opened.wait(kPatienceMs));
    QCOMPARE(window_->checkpoint()->format, Format::TorchZip);
    QCOMPARE(window_->checkpoint()->tensors.size(), std::size_t(14));
    QCOMPARE(window_->checkpoint()->tensors.dtype(TensorId(0)), DType::F16);
    NEEDS_PEER();
    PEER_OK(QStringLiteral("import sys, torch\n"
                           "d = torch.load(sys.argv[1], weights_only=True)\n"
                           "assert len(d) == 14, len(d)\n"
                           "w = d['blocks.1.att.weight']\n"
                           "assert w.dtype == torch.float16 and w.shape == (16, 16), w\n"
                           "assert torch.equal(w.flatten().float(), torch.arange(256) / 4)\n"),
            {destination});
}

void TstConvertView::refusesExistingDestination() {
    QVERIFY(open(sampleFile()));
    window_->setView(MainWindow::View::Convert);
    const QString taken = path("taken.pth");
    QFile file(taken);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("precious");
    file.close();
    auto* destination = find<QLineEdit>("destination");
    destination->selectAll();
    QTest::keyClicks(destination, taken);
    QVERIFY(waitForPlan());
    press("convertStart");
    QTRY_VERIFY_WITH_TIMEOUT(!bannerText("convertOutcome").isEmpty(), kPatienceMs);
    QVERIFY2(bannerText("convertOutcome").contains(QStringLiteral("failed")), qPrintable(bannerText("convertOutcome")));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), QByteArray("precious"));
}

void TstConvertView::cancelsConversion() {
    const QString big = path("big.safetensors");
    QVERIFY(samples::writeSparse(big, 12'000));  // 576 MB
    QVERIFY(open(big));
    window_->setView(MainWindow::View::Convert);
    QTRY_VERIFY(find<QPushButton>("convertStart")->isEnabled());
    const QString destination = find<QLineEdit>("destination")->text();
    press("convertStart");
    QVERIFY(window_->isBusy());
    QVERIFY(visible("convertProgress"));
    press("convertCancel");
    QTRY_VERIFY_WITH_TIMEOUT(!window_->isBusy(), kPatienceMs);
    QVERIFY2(bannerText("convertOutcome").startsWith(QStringLiteral("Cancelled")),
             qPrintable(bannerText("convertOutcome")));
    QVERIFY(!QFile::exists(destination));
    QVERIFY(find<QPushButton>("convertStart")->isVisible());
}

void TstConvertView::closesWhileWorking() {
    const QString big = path("big.safetensors");
    QVERIFY(samples::writeSparse(big, 8'000));
    const QString many = path("many.safetensors");
    QVERIFY(samples::writeSafetensors(many, samples::transformer(2000, 1)));
    for (int round = 0; round < 5; ++round) {
        auto window = std::make_unique<MainWindow>();
        window->openFile(many);
    }
    for (int round = 0; round < 3; ++round) {
        auto window = std::make_unique<MainWindow>();
        QSignalSpy opened(window.get(), &MainWindow::fileOpened);
        window->openFile(big);
        QVERIFY(opened.wait(kPatienceMs));
        window->setView(MainWindow::View::Convert);
        auto* start = window->findChild<QPushButton*>(QStringLiteral("convertStart"));
        QTRY_VERIFY(start->isEnabled());
        start->click();
        QVERIFY(window->isBusy());
    }
    QCOMPARE(QDir(dir_->path()).entryList({QStringLiteral("*.pth")}), QStringList());
}

QTEST_MAIN(TstConvertView)
#include "tst_convert_view.moc"
