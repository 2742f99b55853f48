// SPDX-License-Identifier: GPL-3.0-or-later
#include <QTabBar>
#include <QtTest>

#include "convert_fixture.h"
#include "held_job.h"
#include "models/job_list_model.h"
#include "plots/memory_plot.h"

using namespace plimsoll;
using namespace plimsoll::ui;

// Several conversions of one checkpoint: they wait for each other, and each has a page.
class TstConversions : public ConvertFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }

    void eachHasItsPage();
    void refusesWhatAnotherWrites();
    void goesBackToItsPlan();
    void closingAsksOnceForAll();

private:
    [[nodiscard]] QTabBar* tabs() const { return find<QTabBar>("conversionTabs"); }
    // Starts two, which wait for the job before them.
    void startTwo(QString& first, QString& second) {
        QVERIFY(openInConvert(sampleFile()));
        first = destination();
        press("convertStart");
        QVERIFY(!canStart());  // the same again
        choose("dtypeBox", QStringLiteral("bf16"));
        QVERIFY(waitForPlan());
        second = destination();
        QVERIFY(first != second);
        press("convertStart");
    }
};

void TstConversions::eachHasItsPage() {
    HeldJob before(QStringLiteral("work"), true);
    before.run();
    QString first;
    QString second;
    startTwo(first, second);
    QCOMPARE(tabs()->count(), 3);
    QCOMPARE(tabs()->tabText(1), QStringLiteral("sample.pth: waiting"));
    QCOMPARE(tabs()->tabText(2), QStringLiteral("sample-bf16.pth: waiting"));
    QCOMPARE(text("runTitle"), QStringLiteral("Waiting"));
    QVERIFY2(text("convertPhase").startsWith(QStringLiteral("Waits")), qPrintable(text("convertPhase")));
    window_->showJobs(true);
    find<QTableView>("jobsTable")->selectRow(1);  // below the newest
    press("jobShow");
    QCOMPARE(tabs()->currentIndex(), 1);
    before.letGo();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->isBusy(), kPatienceMs);
    QVERIFY(QFile::exists(first) && QFile::exists(second));
    for (const int page : {1, 2}) {
        tabs()->setCurrentIndex(page);
        QVERIFY2(tabs()->tabText(page).endsWith(QStringLiteral(": done")), qPrintable(tabs()->tabText(page)));
        QVERIFY(bannerText("convertOutcome").endsWith(page == 1 ? first : second));
        QVERIFY(find<MemoryPlot>("convertPlot")->pointCount(0) > 0);
    }
    emit tabs()->tabCloseRequested(1);
    QCOMPARE(tabs()->count(), 2);
    QVERIFY(tabs()->tabText(1).startsWith(QStringLiteral("sample-bf16.pth")));
    emit tabs()->tabCloseRequested(1);
    QVERIFY(!tabs()->isVisible());
    QVERIFY(visible("planTabs"));
}

void TstConversions::refusesWhatAnotherWrites() {
    HeldJob before(QStringLiteral("work"), true);
    before.run();
    QString first;
    QString second;
    startTwo(first, second);
    type("destination", first);
    QVERIFY(waitForPlan());
    QVERIFY(visible("destinationProblem"));
    QVERIFY(!canStart());
    // A name that is proposed is free of them.
    type("destination", QString());
    find<QComboBox>("dtypeBox")->setCurrentIndex(0);
    QVERIFY(waitForPlan());
    QVERIFY2(destination().endsWith(QStringLiteral("/sample-2.pth")), qPrintable(destination()));
    QVERIFY(canStart());
    before.letGo();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->isBusy(), kPatienceMs);
}

// The form may speak of another by the time that one ends.
void TstConversions::goesBackToItsPlan() {
    HeldJob before(QStringLiteral("work"), true);
    before.run();
    QString first;
    QString second;
    startTwo(first, second);
    tabs()->setCurrentIndex(1);
    press("convertCancel");
    QTRY_COMPARE(tabs()->tabText(1), QStringLiteral("sample.pth: cancelled"));
    press("backToPlan");
    QVERIFY(waitForPlan());
    QCOMPARE(destination(), first);
    QVERIFY(!command().contains(QStringLiteral("bf16")));
    QVERIFY(canStart());
    press("convertStart");
    QCOMPARE(tabs()->count(), 3);  // in the place of the one that was cancelled
    before.letGo();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->isBusy(), kPatienceMs);
    QVERIFY(QFile::exists(first) && QFile::exists(second));
}

void TstConversions::closingAsksOnceForAll() {
    HeldJob before(QStringLiteral("work"), true);
    before.run();
    QString first;
    QString second;
    startTwo(first, second);
    QString asked;
    answerWith(QMessageBox::Cancel, asked);
    QVERIFY(!window_->close());
    QCOMPARE(asked, QStringLiteral("2 conversions run or wait. What is done of them stays and can be resumed. "
                                   "Stop, and close?|Cancel"));
    before.letGo();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->isBusy(), kPatienceMs);
}

QTEST_MAIN(TstConversions)
#include "tst_conversions.moc"
