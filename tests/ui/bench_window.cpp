// SPDX-License-Identifier: GPL-3.0-or-later
// plimsoll-bench-window FILE: drives the real window over FILE and prints how long it takes to answer, and how long its
// thread was ever away. Figures mean something in a release build only.
#include <QApplication>
#include <QElapsedTimer>
#include <QHeaderView>
#include <QLineEdit>
#include <QScrollBar>
#include <QSettings>
#include <QTabBar>
#include <QTableView>
#include <QTemporaryDir>
#include <QTextStream>
#include <QTimer>
#include <algorithm>
#include <ctime>
#include <functional>

#include "diagnostics/stall_watch.h"
#include "jobs/job.h"
#include "main_window.h"
#include "theme/comfort_style.h"
#include "theme/theme.h"
#include "views/inspect/tree_pane.h"

using namespace plimsoll::ui;

namespace {

constexpr int kPatienceMs = 60'000;

// Of all threads: what a busy machine does not change.
double processorMs() {
    return static_cast<double>(std::clock()) * 1000.0 / CLOCKS_PER_SEC;
}

class Bench {
public:
    explicit Bench(MainWindow& window) : window_(window) {}

    // Does `act`, waits until `answered`, and lets what follows from it settle.
    template <class Sender, class Signal>
    void step(const QString& name, Sender* sender, Signal answered, const std::function<void()>& act) {
        settle();
        watch_.reset();
        bool done = false;
        const double before = processorMs();
        QElapsedTimer clock;
        qint64 nanoseconds = 0;
        const auto connection = QObject::connect(sender, answered, [&] {
            if (!done) nanoseconds = clock.nsecsElapsed();
            if (!done) used_ = processorMs() - before;
            done = true;
        });
        clock.start();
        act();
        while (!done && clock.elapsed() < kPatienceMs) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        QObject::disconnect(connection);
        settle();
        report(name, static_cast<double>(nanoseconds) * 1e-6);
    }
    void step(const QString& name, const std::function<void()>& act) {
        settle();
        watch_.reset();
        const double before = processorMs();
        QElapsedTimer clock;
        clock.start();
        act();
        used_ = processorMs() - before;
        const auto milliseconds = static_cast<double>(clock.nsecsElapsed()) * 1e-6;
        settle();
        report(name, milliseconds);
    }
    template <class T>
    T* find(const char* name) const {
        return window_.findChild<T*>(QLatin1String(name));
    }

private:
    // What an act has begun comes to its end, and is shown.
    void settle() {
        QElapsedTimer clock;
        clock.start();
        do {
            QEventLoop loop;
            QTimer::singleShot(150, &loop, &QEventLoop::quit);
            loop.exec();
        } while (works() && clock.elapsed() < kPatienceMs);
    }
    bool works() const {
        const auto jobs = window_.findChildren<Job*>();
        return std::any_of(jobs.begin(), jobs.end(), [](const Job* job) { return job->isRunning(); });
    }
    void report(const QString& name, double milliseconds) {
        QTextStream(stdout) << name.leftJustified(34) << QString::number(milliseconds, 'f', 1).rightJustified(9)
                            << " ms   processor " << QString::number(used_, 'f', 1).rightJustified(8)
                            << " ms   longest away " << QString::number(watch_.longest().count()).rightJustified(5)
                            << " ms   stalls " << watch_.stalls() << Qt::endl;
    }
    MainWindow& window_;
    double used_ = 0;
    StallWatch watch_;
};

void run(MainWindow& window, const QString& file) {
    Bench bench(window);
    bench.step(QStringLiteral("open"), &window, &MainWindow::fileOpened, [&] { window.openFile(file); });
    auto* pane = window.findChild<TreePane*>();
    auto* filter = bench.find<QLineEdit>("filterLine");
    auto* table = bench.find<QTableView>("tensorTree");
    const QString typed = QStringLiteral("l19");
    for (qsizetype i = 1; i <= typed.size(); ++i) {
        bench.step(QStringLiteral("filter \"%1\"").arg(typed.left(i)), pane, &TreePane::rowsShown,
                   [&] { filter->setText(typed.left(i)); });
    }
    for (const char* pattern : {"*.q.w", "size>1k", "l1 *e3* dtype:f32", "*", "nothing at all", ""}) {
        bench.step(QStringLiteral("filter \"%1\"").arg(QLatin1String(pattern)), pane, &TreePane::rowsShown,
                   [&] { filter->setText(QLatin1String(pattern)); });
    }
    for (const bool flat : {true, false}) {
        bench.step(flat ? QStringLiteral("flat list") : QStringLiteral("tree"), pane, &TreePane::rowsShown,
                   [&] { bench.find<QTabBar>("listingSwitch")->setCurrentIndex(flat ? 1 : 0); });
        for (const int column : {3, 1, 2, 0}) {
            for (const auto order : {Qt::DescendingOrder, Qt::AscendingOrder}) {
                bench.step(QStringLiteral("sort by column %1 %2").arg(column).arg(order ? "down" : "up"), pane,
                           &TreePane::rowsShown, [&] { table->horizontalHeader()->setSortIndicator(column, order); });
            }
        }
    }
    bench.step(QStringLiteral("expand all"), pane, &TreePane::rowsShown, [&] { pane->openEverything(true); });
    bench.step(QStringLiteral("scroll to the end"),
               [&] { table->verticalScrollBar()->setValue(table->verticalScrollBar()->maximum()); });
    bench.step(QStringLiteral("scroll page by page"), [&] {
        for (int page = 0; page < 50; ++page) {
            table->verticalScrollBar()->triggerAction(QAbstractSlider::SliderPageStepSub);
            QCoreApplication::processEvents();
        }
    });
    bench.step(QStringLiteral("select all"), [&] { table->selectAll(); });
    bench.step(QStringLiteral("collapse all"), pane, &TreePane::rowsShown, [&] { pane->openEverything(false); });
    bench.step(QStringLiteral("a tensor"),
               [&] { table->setCurrentIndex(table->model()->index(table->model()->rowCount() - 1, 0)); });
    for (const auto& [name, show] : {std::pair("treemap", TensorShow::Treemap), {"file map", TensorShow::FileMap}}) {
        bench.step(QLatin1String(name), [&, shown = show] { window.currentPage()->showTensorsAs(shown); });
        bench.step(QStringLiteral("%1, filtered").arg(QLatin1String(name)), pane, &TreePane::rowsShown,
                   [&] { filter->setText(QStringLiteral("*.q.w")); });
        bench.step(QStringLiteral("%1, all").arg(QLatin1String(name)), pane, &TreePane::rowsShown,
                   [&] { filter->clear(); });
    }
    for (int view = DocumentPage::kViews - 1; view >= 0; --view) {
        bench.step(QStringLiteral("view ") + DocumentPage::viewName(static_cast<MainWindow::View>(view)),
                   [&] { window.setView(static_cast<MainWindow::View>(view)); });
    }
    bench.step(QStringLiteral("close the file"), [&] { window.closeFile(); });
}

}  // namespace

int main(int argc, char** argv) {
    QElapsedTimer sinceStart;
    sinceStart.start();
    QApplication app(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("plimsoll-bench"));
    QApplication::setStyle(new ComfortStyle);
    if (QApplication::arguments().size() != 2) {
        QTextStream(stderr) << "usage: plimsoll-bench-window FILE" << Qt::endl;
        return 2;
    }
    const QTemporaryDir scratch;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, scratch.path());
    applyColourScheme(ColourScheme::Light);
    MainWindow window;
    window.resize(1240, 800);
    window.QWidget::show();
    QCoreApplication::processEvents();
    QTextStream(stdout) << "first window after " << sinceStart.elapsed() << " ms" << Qt::endl;
    run(window, QApplication::arguments().at(1));
    return 0;
}
