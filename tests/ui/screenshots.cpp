// SPDX-License-Identifier: GPL-3.0-or-later
// plimsoll-screenshots OUTDIR FILE [light|dark]: drives the real window over FILE and writes a picture of each view.
#include <QAbstractItemView>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QTabBar>
#include <QTableView>
#include <QTemporaryDir>
#include <QTextStream>
#include <functional>

#include "main_window.h"
#include "models/rules_model.h"
#include "models/tensor_rows_model.h"
#include "plots/histogram_plot.h"
#include "theme/comfort_style.h"
#include "theme/theme.h"
#include "views/compare/compare_view.h"
#include "views/load_lab/load_lab_view.h"
#include "widgets/banner.h"

using plimsoll::ui::MainWindow;

namespace {

constexpr QSize kSize(1240, 800);
constexpr int kPatienceMs = 300'000;

bool waitUntil(const std::function<bool()>& condition) {
    QElapsedTimer clock;
    clock.start();
    while (!condition()) {
        if (clock.elapsed() > kPatienceMs) return false;
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents, 50);
    }
    return true;
}

// Lets what was asked for be read and drawn.
void settle(int milliseconds) {
    QElapsedTimer clock;
    clock.start();
    while (clock.elapsed() < milliseconds) QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
}

class Photographer {
public:
    Photographer(MainWindow& window, QString folder, QString suffix)
        : window_(window), folder_(std::move(folder)), suffix_(std::move(suffix)) {}

    bool inspect() {
        window_.setView(MainWindow::View::Inspect);
        // The first leaf of the largest branch: a weight inside a layer, in most models.
        auto* table = find<QTableView>("tensorTree");
        auto* rows = qobject_cast<plimsoll::ui::TensorRowsModel*>(table->model());
        int largest = 0;
        for (int row = 0; row < rows->rowCount(); ++row) {
            if (rows->parentRow(row) < 0 &&
                rows->tree()->tensorCount(rows->node(row)) > rows->tree()->tensorCount(rows->node(largest)))
                largest = row;
        }
        int at = largest;
        for (; rows->hasChildren(at); ++at) rows->setExpanded(at, true);
        table->setCurrentIndex(rows->index(at, 0));
        settle(800);
        return save("inspect");
    }

    bool maps() {
        const auto shows = [this](plimsoll::ui::TensorShow how, const char* name) {
            window_.currentPage()->showTensorsAs(how);
            settle(1500);
            return save(name);
        };
        return shows(plimsoll::ui::TensorShow::Treemap, "treemap") && shows(plimsoll::ui::TensorShow::FileMap, "file");
    }

    bool convert() {
        window_.setView(MainWindow::View::Convert);
        auto* dtype = find<QComboBox>("dtypeBox");
        dtype->setCurrentIndex(dtype->findText(QStringLiteral("bf16")));
        auto* rules = qobject_cast<plimsoll::ui::RulesModel*>(find<QTableView>("rulesTable")->model());
        rules->add({plimsoll::ui::RuleAction::KeepType, QStringLiteral("*norm*"), {}});
        rules->add({plimsoll::ui::RuleAction::LeaveOut, QStringLiteral("*.mask"), {}});
        auto* start = find<QPushButton>("convertStart");
        settle(400);
        if (!waitUntil([start] { return start->isEnabled(); })) return false;
        settle(400);
        if (!save("convert")) return false;
        const QString destination = find<QLineEdit>("destination")->text();
        start->click();
        // Not "no longer busy": on a machine with much to do it is not busy yet.
        const auto* outcome = find<plimsoll::ui::Banner>("convertOutcome");
        const bool ended = waitUntil([outcome] { return !outcome->text().isEmpty(); });
        if (!QFile::exists(destination)) return complain("the conversion", outcome->text());
        const bool done = ended && compare(destination);
        QFile::remove(destination);
        return done;
    }

    bool loadTest() {
        window_.setView(MainWindow::View::LoadTest);
        auto* start = find<QPushButton>("loadStart");
        bool probed = false;
        QObject::connect(find<plimsoll::ui::LoadLabView>("loadLabView"), &plimsoll::ui::LoadLabView::probed,
                         [&probed] { probed = true; });
        find<plimsoll::ui::LoadLabView>("loadLabView")->probe();
        if (!waitUntil([&probed] { return probed; })) return false;
        if (start->isEnabled()) {
            start->click();
            if (!waitUntil([this] { return !window_.isBusy(); })) return false;
        }
        if (auto* runs = find<QTableView>("runsTable")) runs->selectRow(0);  // the run with the most phases
        if (auto* note = find<QWidget>("toast")) note->hide();
        settle(400);
        return save("load-test");
    }

private:
    // With what a cast has made of it.
    bool compare(const QString& other) {
        auto* view = find<plimsoll::ui::CompareView>("compareView");
        bool compared = false;
        QObject::connect(view, &plimsoll::ui::CompareView::compared, [&compared] { compared = true; });
        window_.setView(MainWindow::View::Compare);
        view->compareWith({other, nullptr});
        if (!waitUntil([&compared] { return compared; }) || !view->report())
            return complain("the comparison", find<plimsoll::ui::Banner>("compareProblem")->text());
        compared = false;
        view->compareValues();
        if (!waitUntil([&compared] { return compared; }) || view->report()->values.empty())
            return complain("the comparison of values", find<plimsoll::ui::Banner>("compareProblem")->text());
        find<QTabBar>("compareStates")->setCurrentIndex(1);  // those that have a partner
        find<QTableView>("compareTable")->selectRow(2);
        if (auto* start = find<QPushButton>("pairStart"); start->isVisible()) start->click();
        auto* plot = find<plimsoll::ui::HistogramPlot>("pairPlot");
        if (!waitUntil([plot] { return !plot->curves().isEmpty(); })) return false;
        if (auto* note = find<QWidget>("toast")) note->hide();
        settle(400);
        return save("compare");
    }
    // Says why there is no picture.
    static bool complain(const char* what, const QString& why) {
        QTextStream(stderr) << what << " came to nothing: " << why << Qt::endl;
        return false;
    }
    template <class T>
    T* find(const char* name) const {
        return window_.findChild<T*>(QLatin1String(name));
    }
    bool save(const char* name) const {
        const QString path = QStringLiteral("%1/%2%3.png").arg(folder_, QLatin1String(name), suffix_);
        const bool saved = window_.grab().save(path);
        QTextStream(stdout) << path << (saved ? "" : ": could not be written") << Qt::endl;
        return saved;
    }

    MainWindow& window_;
    QString folder_;
    QString suffix_;
};

}  // namespace

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("plimsoll-screenshots"));
    QApplication::setStyle(new plimsoll::ui::ComfortStyle);
    const QStringList arguments = QApplication::arguments();
    if (arguments.size() < 3) {
        QTextStream(stderr) << "usage: plimsoll-screenshots OUTDIR FILE [light|dark]" << Qt::endl;
        return 2;
    }
    const QTemporaryDir scratch;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, scratch.path());
    const bool dark = arguments.value(3) == QLatin1String("dark");
    plimsoll::ui::applyColourScheme(dark ? plimsoll::ui::ColourScheme::Dark : plimsoll::ui::ColourScheme::Light);
    QDir().mkpath(arguments[1]);
    MainWindow window;
    window.resize(kSize);
    window.QWidget::show();
    window.openFile(arguments[2]);
    if (!waitUntil([&window] { return window.checkpoint() != nullptr; })) return 1;
    settle(300);
    Photographer photographer(window, arguments[1], dark ? QStringLiteral("-dark") : QString());
    const bool done =
        photographer.inspect() && photographer.maps() && photographer.convert() && photographer.loadTest();
    return done ? 0 : 1;
}
