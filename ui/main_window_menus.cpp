// SPDX-License-Identifier: GPL-3.0-or-later
#include <QActionGroup>
#include <QApplication>
#include <QMenuBar>
#include <QMessageBox>
#include <QSettings>
#include <QTabWidget>

#include "help/help_window.h"
#include "main_window.h"
#include "text/text.h"
#include "theme/theme.h"
#include "views/inspect/inspect_view.h"
#include "views/inspect/tensor_page.h"
#include "views/inspect/tree_pane.h"
#include "window/command_palette.h"
#include "window/jobs_dock.h"
#include "window/recent_files.h"

namespace plimsoll::ui {
namespace {
constexpr qsizetype kRecentWithKey = 10;  // Ctrl+1 to Ctrl+9, then Ctrl+0
}

QAction* MainWindow::addAction(QMenu* menu, const QString& text, const QKeySequence& key,
                               const std::function<void()>& act) {
    QAction* action = menu->addAction(text);
    action->setShortcut(key);
    connect(action, &QAction::triggered, this, act);
    return action;
}

void MainWindow::buildMenus() {
    buildFileMenu();
    buildViewMenu();
    buildTensorsMenu();
    buildActionsMenu();
    buildHelpMenu();
    fillRecentMenu();
}

void MainWindow::buildFileMenu() {
    QMenu* file = menuBar()->addMenu(tr("&File"));
    addAction(file, tr("&Open…"), QKeySequence::Open, [this] { askForFile(); });
    addAction(file, tr("Open &folder…"), QKeySequence(tr("Ctrl+Shift+O")), [this] { askForFolder(); });
    addAction(file, tr("Open &address…"), QKeySequence(tr("Ctrl+Shift+U")), [this] { askForAddress(); });
    addAction(file, tr("Open load re&port…"), QKeySequence(tr("Ctrl+Shift+R")), [this] { askForReport(); });
    recentMenu_ = file->addMenu(tr("Open &recent"));
    file->addSeparator();
    needFile_ << addAction(file, tr("Re&load"), QKeySequence(Qt::Key_F5), [this] { reloadPage(currentPage()); });
    needFile_ << addAction(file, tr("&Close"), QKeySequence(tr("Ctrl+W")), [this] { closeFile(); });
    file->addSeparator();
    addAction(file, tr("&Quit"), QKeySequence(tr("Ctrl+Q")), [] { QApplication::closeAllWindows(); });
}

// Made anew with every file that opens: its entries have keys, which work while the menu is closed.
void MainWindow::fillRecentMenu() {
    recentMenu_->clear();
    const QStringList paths = recentFiles::list();
    for (const QString& path : paths) {
        const qsizetype number = recentMenu_->actions().size() + 1;
        const QKeySequence key =
            number <= kRecentWithKey ? QKeySequence(QStringLiteral("Ctrl+%1").arg(number % 10)) : QKeySequence();
        QString name = QStringLiteral("%1  (%2)").arg(fileName(path), shortFolder(path));
        name.replace(QLatin1Char('&'), QStringLiteral("&&"));
        addAction(recentMenu_, name, key, [this, path] { openFile(path); })->setToolTip(path);
    }
    if (paths.isEmpty()) {
        recentMenu_->addAction(tr("Nothing opened yet"))->setEnabled(false);
        return;
    }
    recentMenu_->addSeparator();
    addAction(recentMenu_, tr("&Clear list"), QKeySequence(tr("Ctrl+Shift+Backspace")), [this] {
        recentFiles::clear();
        fillRecentMenu();
    });
}

void MainWindow::buildViewMenu() {
    QMenu* view = menuBar()->addMenu(tr("&View"));
    for (int i = 0; i < DocumentPage::kViews; ++i) {
        const auto which = static_cast<View>(i);
        needFile_ << addAction(view, DocumentPage::viewName(which), QKeySequence(QStringLiteral("Alt+%1").arg(i + 1)),
                               [this, which] {
                                   if (checkpoint()) setView(which);
                               });
    }
    view->addSeparator();
    needFile_ << addAction(view, tr("Tree or &list"), QKeySequence(tr("Ctrl+L")),
                           [this] { currentPage()->toggleListing(); });
    needFile_ << addAction(view, tr("Tree&map of the bytes"), QKeySequence(tr("Ctrl+T")),
                           [this] { currentPage()->showTensorsAs(TensorShow::Treemap); });
    needFile_ << addAction(view, tr("La&yout of the file"), QKeySequence(tr("Ctrl+M")),
                           [this] { currentPage()->showTensorsAs(TensorShow::FileMap); });
    view->addSeparator();
    addAction(view, tr("&Next checkpoint"), QKeySequence(tr("Ctrl+PgDown")),
              [this] { tabs_->setCurrentIndex((tabs_->currentIndex() + 1) % tabs_->count()); });
    addAction(view, tr("&Previous checkpoint"), QKeySequence(tr("Ctrl+PgUp")),
              [this] { tabs_->setCurrentIndex((tabs_->currentIndex() + tabs_->count() - 1) % tabs_->count()); });
    view->addSeparator();
    QAction* jobs = addAction(view, tr("&Jobs"), QKeySequence(tr("Ctrl+J")), [] {});
    jobs->setCheckable(true);
    connect(jobs, &QAction::triggered, this, &MainWindow::showJobs);
    connect(jobsDock_, &QDockWidget::visibilityChanged, jobs, &QAction::setChecked);
    buildColourMenu(view);
    addAction(view, tr("&Reset layout"), QKeySequence(tr("Ctrl+Shift+L")), [this] { resetLayout(); });
}

// Of the tensors that Inspect shows, or of the one in its dock: the view is turned to.
QAction* MainWindow::addTensorsAction(QMenu* menu, const QString& text, const QKeySequence& key,
                                      const std::function<void(InspectView&)>& act) {
    QAction* action = addAction(menu, text, key, [this, act] {
        if (!checkpoint()) return;
        setView(View::Inspect);
        act(*currentPage()->inspect());
    });
    needFile_ << action;
    return action;
}

void MainWindow::buildTensorsMenu() {
    QMenu* menu = menuBar()->addMenu(tr("T&ensors"));
    const auto add = [this, menu](const QString& text, const QKeySequence& key, auto act) {
        addTensorsAction(menu, text, key, act);
    };
    add(tr("&Filter…"), QKeySequence::Find, [](InspectView& inspect) { inspect.focusFilter(); });
    add(tr("E&xpand all"), QKeySequence(tr("Ctrl+Shift+E")),
        [](InspectView& inspect) { inspect.tensors()->openEverything(true); });
    add(tr("Co&llapse all"), QKeySequence(tr("Ctrl+Shift+D")),
        [](InspectView& inspect) { inspect.tensors()->openEverything(false); });
    QMenu* columns = menu->addMenu(tr("Col&umns"));
    needFile_ << columns->menuAction();
    connect(columns, &QMenu::aboutToShow, this, [this, columns] {
        columns->clear();
        currentPage()->inspect()->tensors()->addColumnMenu(*columns);
    });
    menu->addSeparator();
    buildCopyMenu(menu);
    add(tr("&Export what is shown…"), QKeySequence(tr("Ctrl+E")),
        [](InspectView& inspect) { inspect.tensors()->exportList(); });
    menu->addSeparator();
    add(tr("&Statistics and histogram"), QKeySequence(tr("Ctrl+I")),
        [](InspectView& inspect) { inspect.turnToTensor()->showStatistics(); });
    add(tr("&Heatmap"), QKeySequence(tr("Ctrl+H")),
        [](InspectView& inspect) { inspect.turnToTensor()->showHeatmap(); });
    add(tr("&Go to a value…"), QKeySequence(tr("Ctrl+G")),
        [](InspectView& inspect) { inspect.turnToTensor()->askForPlace(); });
    add(tr("Sa&ve the tensor as .npy…"), QKeySequence::Save,
        [](InspectView& inspect) { inspect.turnToTensor()->askWhereToSave(); });
}

void MainWindow::buildCopyMenu(QMenu* tensors) {
    QMenu* copy = tensors->addMenu(tr("&Copy the selected, or all"));
    const auto add = [this, copy](const QString& text, const QKeySequence& key, ListFormat format) {
        addTensorsAction(copy, text, key, [format](InspectView& inspect) { inspect.tensors()->copyList(format); });
    };
    add(tr("&Names"), QKeySequence(tr("Ctrl+Shift+C")), ListFormat::Names);
    add(tr("&Rows"), QKeySequence(tr("Ctrl+Alt+R")), ListFormat::Rows);
    add(tr("&CSV"), QKeySequence(tr("Ctrl+Alt+C")), ListFormat::Csv);
    add(tr("&JSON"), QKeySequence(tr("Ctrl+Alt+J")), ListFormat::Json);
    add(tr("&Markdown"), QKeySequence(tr("Ctrl+Alt+M")), ListFormat::Markdown);
}

void MainWindow::buildColourMenu(QMenu* view) {
    QMenu* colours = view->addMenu(tr("C&olours"));
    auto* group = new QActionGroup(this);
    const int chosen = QSettings().value(QStringLiteral("colourScheme"), 0).toInt();
    int index = 0;
    for (const QString& name : {tr("&Like the desktop"), tr("L&ight"), tr("&Dark")}) {
        const QKeySequence key(QStringLiteral("Ctrl+Alt+%1").arg(index + 1));
        QAction* action = addAction(colours, name, key, [this, index] { setColourScheme(index); });
        action->setCheckable(true);
        action->setChecked(index == chosen);
        group->addAction(action);
        ++index;
    }
}

void MainWindow::buildHelpMenu() {
    QMenu* help = menuBar()->addMenu(tr("&Help"));
    addAction(help, tr("&User guide"), QKeySequence(Qt::Key_F1), [this] { showHelp(); });
    addAction(help, tr("&Find a command…"), QKeySequence(tr("Ctrl+Shift+P")), [this] { showPalette(); });
    addAction(help, tr("&About Plimsoll"), QKeySequence(tr("Shift+F1")), [this] { showAbout(); });
}

void MainWindow::showPalette() {
    auto* palette = new CommandPalette(menuBar()->actions(), this);
    palette->setAttribute(Qt::WA_DeleteOnClose);
    palette->open();
}

void MainWindow::showHelp() {
    const QString page = help::pageAbout(*currentPage());
    if (!help_) help_ = std::make_unique<HelpWindow>();
    help_->showPage(page);
}

void MainWindow::setColourScheme(int scheme) {
    QSettings().setValue(QStringLiteral("colourScheme"), scheme);
    applyColourScheme(static_cast<ColourScheme>(scheme));
}

void MainWindow::showAbout() {
    QMessageBox box(this);
    box.setWindowTitle(tr("About Plimsoll"));
    box.setIconPixmap(windowIcon().pixmap(64, 64));
    box.setText(tr("Plimsoll %1").arg(QApplication::applicationVersion()));
    box.setInformativeText(
        tr("Shows how deep a checkpoint sits in memory, and lets you change that: inspect, convert and load-test "
           "PyTorch checkpoints.\n\nFree software under the GNU General Public License, version 3 or later. "
           "Built with Qt and QCustomPlot."));
    box.exec();
}

}  // namespace plimsoll::ui
