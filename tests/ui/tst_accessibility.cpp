// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemView>
#include <QAccessible>
#include <QHeaderView>
#include <QMenu>
#include <QMenuBar>
#include <QRadioButton>
#include <QShortcut>
#include <QTabWidget>
#include <QToolButton>

#include "help/help_window.h"
#include "lab/report_files.h"
#include "plots/file_map_plot.h"
#include "plots/treemap_plot.h"
#include "views/compare/compare_view.h"
#include "views/compare/pair_pane.h"
#include "views/integrity/integrity_view.h"
#include "views/load_lab/load_lab_view.h"
#include "views/overview/overview_view.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

namespace {

// Who it is, for the words of a failed test.
QString nameOf(const QWidget* widget) {
    QStringList path;
    for (const QWidget* at = widget; at != nullptr && !at->isWindow() && path.size() < 3; at = at->parentWidget())
        path.prepend(QStringLiteral("%1 \"%2\"").arg(QLatin1String(at->metaObject()->className()), at->objectName()));
    return path.join(QStringLiteral(" > "));
}

QString accessibleText(QWidget* widget, QAccessible::Text which) {
    const QAccessibleInterface* seen = QAccessible::queryAccessibleInterface(widget);
    return seen == nullptr ? QString() : seen->text(which);
}

// Not what takes the focus from the mouse only: a label whose text can be selected is read without it.
bool takesKeys(const QWidget* widget) {
    if (qobject_cast<const QLabel*>(widget) != nullptr && widget->focusPolicy() == Qt::ClickFocus) return false;
    return widget->isVisible() && widget->isEnabled() && widget->focusPolicy() != Qt::NoFocus &&
           widget->focusProxy() == nullptr;
}

// What the screen reader meets as a part of its parent: a spin box's line, a list's viewport.
bool isPartOfAnother(const QWidget* widget) {
    const QWidget* parent = widget->parentWidget();
    return parent != nullptr && (parent->focusProxy() == widget || parent->inherits("QAbstractSpinBox") ||
                                 parent->inherits("QComboBox") || parent->inherits("QAbstractScrollArea"));
}

QList<QWidget*> keyTakers(QWidget* top) {
    QList<QWidget*> found;
    for (auto* widget : top->findChildren<QWidget*>())
        if (widget->window() == top && takesKeys(widget) && !isPartOfAnother(widget)) found << widget;
    return found;
}

// A report with something to show in every table.
LoadReport oneRun() {
    LoadReport report{"far/away.pth", "cpu", 640 << 20U, {}, "another machine"};
    LoadRun run;
    run.strategy = "streamed";
    run.device = "cpu";
    run.seconds = 1;
    run.host.peakAnon = 650U << 20U;
    run.timeline.phases = {{"read", 0, run.seconds}};
    for (const double seconds : {0.0, 0.5, 1.0}) {
        TimelinePoint point;
        point.seconds = seconds;
        run.timeline.points.push_back(point);
    }
    report.runs.push_back(run);
    return report;
}

QChar mnemonicOf(const QString& text) {
    const QKeySequence key = QKeySequence::mnemonic(text);
    return key.isEmpty() ? QChar() : QChar(static_cast<char16_t>(key[0].key())).toLower();
}

}  // namespace

// Everything that can be done with a mouse can be done with keys, and everything that takes keys has a name that a
// screen reader can say.
class TstAccessibility : public WindowFixture {
    Q_OBJECT
private slots:
    void init() {
        setUp();
        wrong_.clear();
    }
    void cleanup() { tearDown(); }

    void pagesWithoutFile();
    void inspect();
    void reports();
    void compare();
    void convert();
    void loadTests();
    void jobs();
    void paletteAndHelp();
    void actions();
    void contextMenus();

private:
    // Looks at all that is visible in the window now. What is wrong is collected, and told together.
    void audit(const char* where, QWidget* top = nullptr);
    void checkNames(QWidget* top);
    void checkLists(QWidget* top);
    void checkButtons(QWidget* top);
    void checkTabOrder(QWidget* top);
    void checkMnemonics(QWidget* top);
    void checkMenu(const QString& name, const QList<QAction*>& actions, QHash<QKeySequence, QString>& keys);
    void wrong(const QString& what) { wrong_ << QStringLiteral("%1: %2").arg(where_, what); }
    void verdict() { QVERIFY2(wrong_.isEmpty(), qPrintable(QLatin1Char('\n') + wrong_.join(QLatin1Char('\n')))); }

    // Does `act` and waits for what it brings about.
    template <class Sender, class Signal>
    void after(Sender* sender, Signal signal, const std::function<void()>& act) {
        QSignalSpy spy(sender, signal);
        act();
        QVERIFY(!spy.isEmpty() || spy.wait(kPatienceMs));
    }

    QString where_;
    QStringList wrong_;
};

void TstAccessibility::audit(const char* where, QWidget* top) {
    where_ = QLatin1String(where);
    if (top == nullptr) top = window_.get();
    top->activateWindow();
    QVERIFY2(QTest::qWaitForWindowActive(top), where);
    QVERIFY2(!keyTakers(top).isEmpty(), where);
    checkNames(top);
    checkLists(top);
    checkButtons(top);
    checkMnemonics(top);
    checkTabOrder(top);
}

void TstAccessibility::checkNames(QWidget* top) {
    for (QWidget* widget : keyTakers(top))
        if (accessibleText(widget, QAccessible::Name).trimmed().isEmpty()) wrong(nameOf(widget) + " has no name");
}

void TstAccessibility::checkLists(QWidget* top) {
    for (const auto* view : top->findChildren<QAbstractItemView*>()) {
        if (!view->isVisible() || view->inherits("QHeaderView") || view->model() == nullptr) continue;
        if (view->accessibleName().isEmpty()) wrong(nameOf(view) + " has no name");
        const auto* header = view->findChild<QHeaderView*>(QStringLiteral("horizontalHeader"));
        for (int column = 0; header != nullptr && header->isVisible() && column < header->count(); ++column) {
            if (header->isSectionHidden(column)) continue;
            if (view->model()->headerData(column, Qt::Horizontal).toString().isEmpty())
                wrong(QStringLiteral("%1: column %2 has no title").arg(nameOf(view)).arg(column));
        }
    }
}

// What can be pressed takes the focus, or is a command with a key of its own.
void TstAccessibility::checkButtons(QWidget* top) {
    for (auto* button : top->findChildren<QAbstractButton*>()) {
        if (!button->isVisible() || !button->isEnabled() || button->focusPolicy() != Qt::NoFocus) continue;
        const QWidget* parent = button->parentWidget();
        // Scroll buttons and crosses of tabs, the cross in a line, the buttons of a dock's title: parts of Qt's
        // widgets, which have keys for what these do.
        if (parent->inherits("QTabBar") || parent->inherits("QLineEdit") || parent->inherits("QDockWidget") ||
            parent->inherits("QTableView"))
            continue;
        const auto* tool = qobject_cast<const QToolButton*>(button);
        const QAction* action = tool != nullptr ? tool->defaultAction() : nullptr;
        if (action == nullptr || action->shortcut().isEmpty()) wrong(nameOf(button) + " can only be clicked");
    }
}

// Presses Tab until the focus is where it was first.
void TstAccessibility::checkTabOrder(QWidget* top) {
    const QList<QWidget*> all = keyTakers(top);
    QSet<const QWidget*> reached;
    if (top->focusWidget() == nullptr) QTest::keyClick(top, Qt::Key_Tab);
    for (qsizetype step = 0; step < 3 * all.size() + 10; ++step) {
        const QWidget* at = top->focusWidget();
        if (at == nullptr) break;
        for (const QWidget* part = at; part != nullptr && part != top; part = part->parentWidget()) reached << part;
        QTest::keyClick(top->focusWidget(), Qt::Key_Tab);
        if (top->focusWidget() == at && all.size() > 1) {
            wrong(nameOf(at) + " keeps the Tab key");
            return;
        }
    }
    for (const QWidget* widget : all) {
        // Of radio buttons the chosen one is reached; arrows lead to the others.
        const auto* radio = qobject_cast<const QRadioButton*>(widget);
        if (radio != nullptr && !radio->isChecked()) continue;
        if (!reached.contains(widget)) wrong(nameOf(widget) + " is not reached by Tab");
    }
}

// Alt and a letter means one thing, in the menu bar and in what is seen below it.
void TstAccessibility::checkMnemonics(QWidget* top) {
    QHash<QChar, QString> taken;
    const auto take = [&](const QString& text) {
        const QChar key = mnemonicOf(text);
        if (key.isNull()) return;
        if (taken.contains(key)) wrong(QStringLiteral("Alt+%1 is \"%2\" and \"%3\"").arg(key).arg(taken[key], text));
        taken.insert(key, text);
    };
    if (const auto* bar = top->findChild<QMenuBar*>())
        for (const QAction* menu : bar->actions()) take(menu->text());
    for (const auto* button : top->findChildren<QAbstractButton*>())
        if (button->isVisible() && button->isEnabled()) take(button->text());
    for (const auto* label : top->findChildren<QLabel*>())
        if (label->isVisible() && label->buddy() != nullptr) take(label->text());
    for (const auto* tabs : top->findChildren<QTabBar*>())
        for (int i = 0; tabs->isVisible() && i < tabs->count(); ++i)
            if (tabs->isTabVisible(i)) take(tabs->tabText(i));
}

void TstAccessibility::pagesWithoutFile() {
    audit("empty");
    QFile broken(path("broken.pth"));
    QVERIFY(broken.open(QIODevice::WriteOnly) && broken.write("no checkpoint") > 0);
    broken.close();
    after(window_.get(), &MainWindow::fileFailed, [&] { window_->openFile(broken.fileName()); });
    audit("error");
    press("errorScan");
    QTRY_VERIFY_WITH_TIMEOUT(find<QWidget>("refusedPage")->findChild<Banner*>("safetyVerdict")->isVisible(),
                             kPatienceMs);
    audit("scan of a refused file");
    window_->closeFile();
    audit("empty, with a recent file");
    verdict();
}

void TstAccessibility::inspect() {
    auto tensors = samples::transformer(3, 16);
    tensors.push_back({QStringLiteral("stem.conv.weight"), {4, 3, 5, 5}});
    QVERIFY(samples::writeSafetensors(path("sample.safetensors"), tensors));
    QVERIFY(open(path("sample.safetensors")));
    audit("tree");
    select("blocks.1");
    audit("a module");
    window_->currentPage()->showTensor(findTensor(window_->checkpoint()->tensors, "stem.conv.weight"));
    auto* details = find<QTabWidget>("detailTabs");
    for (int tab = 0; tab < details->count(); ++tab) {
        details->setCurrentIndex(tab);
        audit(qPrintable(QStringLiteral("tensor, ") + details->tabText(tab)));
    }
    details->setCurrentIndex(0);
    for (auto* inner : details->findChildren<QTabWidget*>()) {
        for (int tab = 0; inner->isVisible() && tab < inner->count(); ++tab) {
            inner->setCurrentIndex(tab);
            audit(qPrintable(QStringLiteral("tensor, ") + inner->tabText(tab)));
        }
    }
    window_->currentPage()->toggleListing();
    audit("list");
    after(find<TreemapPlot>("treemapPlot"), &TreemapPlot::drawn,
          [&] { window_->currentPage()->showTensorsAs(TensorShow::Treemap); });
    audit("treemap");
    after(find<FileMapPlot>("fileMapPlot"), &FileMapPlot::drawn,
          [&] { window_->currentPage()->showTensorsAs(TensorShow::FileMap); });
    audit("layout of the file");
    verdict();
}

void TstAccessibility::reports() {
    QVERIFY(open(sampleFile()));
    after(find<OverviewView>("overviewView"), &OverviewView::reportShown,
          [&] { window_->setView(MainWindow::View::Overview); });
    audit("overview");
    window_->setView(MainWindow::View::Safety);
    audit("safety");
    window_->setView(MainWindow::View::Integrity);
    audit("integrity");
    verdict();
}

void TstAccessibility::compare() {
    auto tensors = samples::transformer(3, 16);
    tensors.pop_back();
    QVERIFY(samples::writeSafetensors(path("before.safetensors"), tensors));
    QVERIFY(open(sampleFile()));
    auto* view = find<CompareView>("compareView");
    window_->setView(MainWindow::View::Compare);
    audit("compare, before");
    after(view, &CompareView::compared, [&] { view->compareWith({path("before.safetensors"), nullptr}); });
    audit("compare");
    after(view, &CompareView::compared, [&] { view->compareValues(); });
    auto* table = find<QTableView>("compareTable");
    after(find<PairPane>("pairPane"), &PairPane::shown,
          [&] { table->setCurrentIndex(table->model()->index(table->model()->rowCount() - 1, 0)); });
    audit("compare, a pair");
    verdict();
}

void TstAccessibility::convert() {
    QVERIFY(open(sampleFile()));
    after(find<ConvertView>("convertView"), &ConvertView::planShown,
          [&] { window_->setView(MainWindow::View::Convert); });
    audit("convert");
    for (auto* tabs : find<ConvertView>("convertView")->findChildren<QTabWidget*>()) {
        for (int tab = 0; tabs->isVisible() && tab < tabs->count(); ++tab) {
            tabs->setCurrentIndex(tab);
            audit(qPrintable(QStringLiteral("convert, ") + tabs->tabText(tab)));
        }
    }
    press("convertStart");
    QTRY_VERIFY_WITH_TIMEOUT(!bannerText("convertOutcome").isEmpty() && !window_->isBusy(), kPatienceMs);
    audit("converted");
    verdict();
}

void TstAccessibility::loadTests() {
    QVERIFY(open(sampleFile()));
    after(find<LoadLabView>("loadLabView"), &LoadLabView::probed,
          [&] { window_->setView(MainWindow::View::LoadTest); });
    audit("load test");
    QVERIFY(writeReport(oneRun(), path("saved").toStdString()));
    QVERIFY(open(path("saved")));
    auto* tabs = find<LoadLabView>("loadLabView")->findChild<QTabWidget*>();
    QVERIFY(tabs != nullptr && tabs->isVisible());
    for (int tab = 0; tab < tabs->count(); ++tab) {
        tabs->setCurrentIndex(tab);
        audit(qPrintable(QStringLiteral("report, ") + tabs->tabText(tab)));
    }
    verdict();
}

void TstAccessibility::jobs() {
    QVERIFY(open(sampleFile()));
    window_->showJobs(true);
    audit("no job");
    after(find<ConvertView>("convertView"), &ConvertView::planShown,
          [&] { window_->setView(MainWindow::View::Convert); });
    press("convertStart");
    QTRY_VERIFY_WITH_TIMEOUT(!bannerText("convertOutcome").isEmpty() && !window_->isBusy(), kPatienceMs);
    audit("a job");
    verdict();
}

void TstAccessibility::paletteAndHelp() {
    QVERIFY(open(sampleFile()));
    window_->showHelp();
    window_->showPalette();
    int seen = 0;
    for (QWidget* top : QApplication::topLevelWidgets()) {
        const bool isHelp = qobject_cast<HelpWindow*>(top) != nullptr;
        if (!top->isVisible() || (!isHelp && top->objectName() != QLatin1String("commandPalette"))) continue;
        audit(isHelp ? "help" : "palette", top);
        ++seen;
    }
    QCOMPARE(seen, 2);
    verdict();
}

// Every command has a text, and every key and letter one meaning.
void TstAccessibility::actions() {
    QVERIFY(open(sampleFile()));
    where_ = QStringLiteral("menus");
    QHash<QKeySequence, QString> keys;
    checkMenu(QStringLiteral("menu bar"), window_->menuBar()->actions(), keys);
    QVERIFY2(keys.size() > 15, qPrintable(QString::number(keys.size())));
    // Those outside of the menus too: of two actions with one key neither would be done.
    for (const auto* action : window_->findChildren<QAction*>()) {
        for (const QKeySequence& key : action->shortcuts()) {
            const QString other = keys.value(key, action->text());
            if (other != action->text())
                wrong(QStringLiteral("%1 is \"%2\" and \"%3\"").arg(key.toString(), other, action->text()));
            keys.insert(key, action->text());
        }
    }
    for (const auto* shortcut : window_->findChildren<QShortcut*>()) {
        const bool here = shortcut->context() == Qt::WindowShortcut || shortcut->context() == Qt::ApplicationShortcut;
        if (here && keys.contains(shortcut->key())) wrong(shortcut->key().toString() + " is taken twice");
    }
    verdict();
}

void TstAccessibility::checkMenu(const QString& name, const QList<QAction*>& actions,
                                 QHash<QKeySequence, QString>& keys) {
    QHash<QChar, QString> letters;
    for (QAction* action : actions) {
        if (action->isSeparator()) continue;
        if (action->text().isEmpty()) wrong(name + " has an action without a text");
        const QChar letter = mnemonicOf(action->text());
        if (!letter.isNull()) {
            if (letters.contains(letter))
                wrong(QStringLiteral("%1: \"%2\" and \"%3\"").arg(name, letters[letter], action->text()));
            letters.insert(letter, action->text());
        }
        for (const QKeySequence& key : action->shortcuts()) {
            if (keys.contains(key))
                wrong(QStringLiteral("%1 is \"%2\" and \"%3\"").arg(key.toString(), keys[key], action->text()));
            keys.insert(key, action->text());
        }
        if (action->menu() != nullptr) checkMenu(action->text(), action->menu()->actions(), keys);
    }
}

// The menu key opens the menu of the list that has the focus, at its current row.
void TstAccessibility::contextMenus() {
    QVERIFY(open(sampleFile()));
    where_ = QStringLiteral("menu of the tree");
    select("blocks.1");
    auto* table = find<QTableView>("tensorTree");
    table->setFocus();
    int entries = 0;
    QTimer::singleShot(0, this, [&] {
        auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
        if (menu == nullptr) return;
        QHash<QKeySequence, QString> keys;
        checkMenu(QStringLiteral("tree"), menu->actions(), keys);
        entries = static_cast<int>(menu->actions().size());
        menu->close();
    });
    const QPoint at = table->visualRect(table->currentIndex()).center();
    QContextMenuEvent event(QContextMenuEvent::Keyboard, at, table->viewport()->mapToGlobal(at));
    QApplication::sendEvent(table->viewport(), &event);
    QVERIFY(entries > 3);
    verdict();
}

QTEST_MAIN(TstAccessibility)
#include "tst_accessibility.moc"
