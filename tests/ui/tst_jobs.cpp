// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QAction>
#include <QClipboard>
#include <QDockWidget>
#include <QThreadPool>
#include <QToolButton>
#include <algorithm>
#include <semaphore>

#include "held_job.h"
#include "jobs/dispose.h"
#include "jobs/job_monitor.h"
#include "models/job_list_model.h"
#include "window/toast.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

// The list of jobs, their turns, and what the window tells of them.
class TstJobs : public WindowFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }
    void queuedOnesTakeTurns();
    void othersDoNotWait();
    void waitingOnesCanBeCancelled();
    void destroyedOnesLeave_data();
    void destroyedOnesLeave();
    void listTellsWhatCameOfThem();
    void windowShowsThem();
    void closingAsks_data();
    void closingAsks();
    void closingKnowsThatJobsEnded();
    void reloadingAsks_data();
    void reloadingAsks();
    void showsWhereTheyRun();
    void disposingHoldsNoPainterUp();

private:
    JobListModel* list() const { return qobject_cast<JobListModel*>(window_->findChild<JobListModel*>()); }
};

void TstJobs::queuedOnesTakeTurns() {
    HeldJob first(QStringLiteral("first"), true);
    HeldJob second(QStringLiteral("second"), true);
    HeldJob third(QStringLiteral("third"), true);
    QSignalSpy begun(&second, &Job::begun);
    QSignalSpy waits(&second, &Job::waits);
    first.run();
    second.run();
    third.run();
    QCOMPARE(waits.size(), 1);
    QVERIFY(!first.isWaiting() && second.isWaiting() && third.isWaiting());
    QVERIFY(second.isRunning());
    QCOMPARE(second.elapsedSeconds(), 0.0);
    first.letGo();
    QVERIFY(begun.wait(kPatienceMs));
    QVERIFY(!second.isWaiting() && third.isWaiting());
    second.letGo();
    QTRY_VERIFY(!third.isWaiting());
    third.letGo();
    QTRY_VERIFY(!third.isRunning());
    QVERIFY(JobMonitor::instance().jobs().isEmpty());
}

void TstJobs::othersDoNotWait() {
    HeldJob queued(QStringLiteral("queued"), true);
    HeldJob free(QStringLiteral("free"), false);
    queued.run();
    free.run();
    QVERIFY(!free.isWaiting());
    QCOMPARE(JobMonitor::instance().jobs().size(), 2);
    free.letGo();
    QTRY_VERIFY(!free.isRunning());
    queued.letGo();
    QTRY_VERIFY(!queued.isRunning());
}

void TstJobs::waitingOnesCanBeCancelled() {
    HeldJob first(QStringLiteral("first"), true);
    HeldJob second(QStringLiteral("second"), true);
    first.run();
    second.run();
    second.cancel();
    QTRY_VERIFY(!second.isRunning());
    QVERIFY(second.failure() && second.failure()->code == Errc::Cancelled);
    QVERIFY(first.isRunning());
    first.letGo();
    QTRY_VERIFY(!first.isRunning());
    QVERIFY(!first.failure());
}

void TstJobs::destroyedOnesLeave_data() {
    QTest::addColumn<bool>("running");
    QTest::newRow("running") << true;
    QTest::newRow("waiting") << false;
}

void TstJobs::destroyedOnesLeave() {
    QFETCH(const bool, running);
    auto first = std::make_unique<HeldJob>(QStringLiteral("first"), true);
    auto second = std::make_unique<HeldJob>(QStringLiteral("second"), true);
    first->run();
    second->run();
    QSignalSpy left(&JobMonitor::instance(), &JobMonitor::left);
    (running ? first : second).reset();
    QCOMPARE(left.size(), 1);
    HeldJob& other = running ? *second : *first;
    QVERIFY(!other.isWaiting());
    other.letGo();
    QTRY_VERIFY(!other.isRunning());
}

void TstJobs::listTellsWhatCameOfThem() {
    const QAbstractItemModelTester tester(list());
    HeldJob good(QStringLiteral("good"), false);
    HeldJob bad(QStringLiteral("bad"), false);
    HeldJob stopped(QStringLiteral("stopped"), false);
    good.run();
    bad.run(true);
    stopped.run();
    QCOMPARE(list()->rowCount(), 3);
    QCOMPARE(list()->liveCount(), 3);
    const auto state = [this](int row) { return list()->index(row, JobListModel::State).data().toString(); };
    QTRY_COMPARE(list()->index(2, JobListModel::Progress).data().toString(), QStringLiteral("40.0 %"));
    QCOMPARE(state(2), QStringLiteral("running"));
    list()->cancel(0);
    good.letGo();
    bad.letGo();
    QTRY_COMPARE(list()->liveCount(), 0);
    QCOMPARE(state(2), QStringLiteral("done: all went well"));
    QCOMPARE(state(1), QStringLiteral("failed: The disk is full"));
    QCOMPARE(state(0), QStringLiteral("cancelled"));
    list()->clearEnded();
    QCOMPARE(list()->rowCount(), 0);
}

void TstJobs::windowShowsThem() {
    HeldJob job(QStringLiteral("work"), true);
    job.run();
    auto* chip = window_->findChild<QToolButton*>(QStringLiteral("jobState"));
    QVERIFY(chip->text().startsWith(QStringLiteral("1 job")));
    auto* dock = window_->findChild<QDockWidget*>(QStringLiteral("jobsDock"));
    QVERIFY(!dock->isVisible());
    chip->click();
    QVERIFY(dock->isVisible());
    press("jobCopy");
    QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("plimsoll-cli work"));
    chip->click();  // what ends while the list is seen is not told beside it
    QVERIFY(!dock->isVisible());
    auto* toast = window_->findChild<Toast*>(QStringLiteral("toast"));
    QVERIFY(!toast->isVisible());
    job.letGo();
    QTRY_VERIFY(toast->isVisible());
    QVERIFY(toast->accessibleName().contains(QStringLiteral("work")));
    QCOMPARE(chip->text(), QStringLiteral("Jobs"));
    QTest::mouseClick(toast, Qt::LeftButton, {}, {12, 12});
    QVERIFY(!toast->isVisible() && dock->isVisible());
    QVERIFY(find<QPushButton>("jobClear")->isEnabled());
    press("jobClear");
    QCOMPARE(list()->rowCount(), 0);
    HeldJob second(QStringLiteral("second"), true);
    second.run();
    press("jobCancel");
    QTRY_VERIFY(!second.isRunning());
    QVERIFY(!toast->isVisible());
}

void TstJobs::closingAsks_data() {
    QTest::addColumn<bool>("yes");
    QTest::newRow("stop it") << true;
    QTest::newRow("go on") << false;
}

void TstJobs::closingAsks() {
    QFETCH(const bool, yes);
    HeldJob job(QStringLiteral("work"), true, window_->currentPage());
    job.run();
    QString asked;
    answerWith(yes ? QMessageBox::Close : QMessageBox::Cancel, asked);
    QCOMPARE(window_->close(), yes);
    QVERIFY(asked.contains(QStringLiteral("work")));
    job.letGo();
    QTRY_VERIFY(!job.isRunning());
}

// What it asks about may end while it is read.
void TstJobs::closingKnowsThatJobsEnded() {
    HeldJob job(QStringLiteral("work"), true, window_->currentPage());
    job.run();
    QString before;
    QString after;
    QTimer look;
    connect(&look, &QTimer::timeout, this, [&] {
        auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
        if (box == nullptr) return;
        if (before.isEmpty()) {
            before = box->text();
            job.letGo();
        } else if (!job.isRunning()) {
            look.stop();
            after = box->text();
            box->button(QMessageBox::Cancel)->click();
        }
    });
    look.start(10);
    QVERIFY(!window_->close());
    QVERIFY2(before.contains(QStringLiteral("work")), qPrintable(before));
    QVERIFY2(!after.contains(QStringLiteral("work")) && after.contains(QStringLiteral("ended")), qPrintable(after));
}

void TstJobs::reloadingAsks_data() {
    closingAsks_data();
}

// F5 would stop what the views of the file do.
void TstJobs::reloadingAsks() {
    QFETCH(const bool, yes);
    QVERIFY(open(sampleFile()));
    HeldJob job(QStringLiteral("work"), true, window_->currentPage());
    job.run();
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    QString asked;
    answerWith(yes ? QMessageBox::Close : QMessageBox::Cancel, asked);
    const auto actions = window_->findChildren<QAction*>();
    const auto reload = std::ranges::find(actions, QKeySequence(Qt::Key_F5), &QAction::shortcut);
    QVERIFY(reload != actions.end());
    (*reload)->trigger();
    QVERIFY2(asked.contains(QStringLiteral("work")), qPrintable(asked));
    if (yes) {
        QVERIFY(asked.endsWith(QStringLiteral("Reload")));
        QVERIFY(!opened.isEmpty() || opened.wait(kPatienceMs));
    }
    QCOMPARE(opened.size(), yes ? 1 : 0);
    job.letGo();
    QTRY_VERIFY(!job.isRunning());
}

// From the list to the tab and the view, also when it has ended; not when that is closed.
void TstJobs::showsWhereTheyRun() {
    QVERIFY(open(sampleFile()));
    window_->showJobs(true);
    auto* job = new HeldJob(QStringLiteral("work"), true, find<ConvertView>("convertView"));  // the view's
    job->run();
    QVERIFY(samples::writeSafetensors(path("other.safetensors"), samples::transformer(1, 16)));
    QVERIFY(open(path("other.safetensors")));
    QVERIFY(!visible("convertView"));
    press("jobShow");
    QCOMPARE(window_->currentPage()->path(), sampleFile());
    QVERIFY(visible("convertView"));
    job->letGo();
    QTRY_VERIFY(!job->isRunning());
    window_->setView(MainWindow::View::Inspect);
    press("jobShow");
    QVERIFY(visible("convertView"));
    window_->closeFile();
    QTRY_VERIFY(!find<QPushButton>("jobShow")->isEnabled());
}

// Qt paints large areas on the global pool, and the window waits for that.
void TstJobs::disposingHoldsNoPainterUp() {
    using Gate = std::counting_semaphore<1024>;
    struct Large {
        Gate* gate;
        explicit Large(Gate* freeing) : gate(freeing) {}
        Large(const Large&) = delete;
        Large& operator=(const Large&) = delete;
        ~Large() { gate->acquire(); }
    };
    Gate freeing(0);
    Gate freed(0);
    const int threads = QThreadPool::globalInstance()->maxThreadCount();
    for (int i = 0; i < threads; ++i) dispose(std::make_shared<Large>(&freeing));
    std::binary_semaphore painted(0);
    QThreadPool::globalInstance()->start([&painted] { painted.release(); });
    const bool inTime = painted.try_acquire_for(std::chrono::milliseconds(kPatienceMs / 6));
    freeing.release(threads);
    if (!inTime) painted.acquire();
    QVERIFY(inTime);
    dispose(std::shared_ptr<void>(&freed, [&freed](void*) { freed.release(); }));
    QVERIFY(freed.try_acquire_for(std::chrono::milliseconds(kPatienceMs)));  // and with it all before it
}

QTEST_MAIN(TstJobs)
#include "tst_jobs.moc"
