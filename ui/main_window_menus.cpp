// SPDX-License-Identifier: GPL-3.0-or-later
#include <QActionGroup>
#include <QApplication>
#include <QFileInfo>
#include <QMenuBar>
#include <QMessageBox>
#include <QSettings>

#include "main_window.h"
#include "text/text.h"
#include "theme/theme.h"
#include "views/inspect/inspect_view.h"
#include "window/recent_files.h"

namespace plimsoll::ui {

void MainWindow::buildMenus() {
    buildFileMenu();
    buildViewMenu();
    QMenu* help = menuBar()->addMenu(tr("&Help"));
    help->addAction(tr("&About Plimsoll"), this, &MainWindow::showAbout);
}

void MainWindow::buildFileMenu() {
    QMenu* file = menuBar()->addMenu(tr("&File"));
    QAction* open = file->addAction(tr("&Open…"), this, &MainWindow::askForFile);
    open->setShortcut(QKeySequence::Open);
    recentMenu_ = file->addMenu(tr("Open &Recent"));
    connect(recentMenu_, &QMenu::aboutToShow, this, &MainWindow::fillRecentMenu);
    reloadAction_ = file->addAction(tr("Re&load"), this, &MainWindow::reload);
    reloadAction_->setShortcut(QKeySequence::Refresh);
    closeAction_ = file->addAction(tr("&Close"), this, [this] {
        if (isBusy()) {
            close();  // asks, and takes the window with it
        } else {
            closeFile();
        }
    });
    closeAction_->setShortcut(QKeySequence::Close);
    file->addSeparator();
    QAction* quit = file->addAction(tr("&Quit"), qApp, &QApplication::closeAllWindows);
    quit->setShortcut(QKeySequence::Quit);
}

void MainWindow::fillRecentMenu() {
    recentMenu_->clear();
    const QStringList paths = recentFiles::list();
    for (const QString& path : paths) {
        QAction* action =
            recentMenu_->addAction(QStringLiteral("%1  (%2)").arg(QFileInfo(path).fileName(), shortFolder(path)), this,
                                   [this, path] { openFile(path); });
        action->setToolTip(path);
    }
    if (paths.isEmpty()) {
        recentMenu_->addAction(tr("Nothing opened yet"))->setEnabled(false);
        return;
    }
    recentMenu_->addSeparator();
    recentMenu_->addAction(tr("&Clear list"), this, [this] { recentFiles::clear(); });
}

void MainWindow::buildViewMenu() {
    QMenu* view = menuBar()->addMenu(tr("&View"));
    const struct {
        QString name;
        View view;
    } entries[] = {
        {tr("&Inspect"), View::Inspect}, {tr("&Convert"), View::Convert}, {tr("&Load test"), View::LoadTest}};
    int number = 1;
    for (const auto& entry : entries) {
        QAction* action = view->addAction(entry.name, this, [this, which = entry.view] {
            if (checkpoint()) setView(which);
        });
        action->setShortcut(QKeySequence(QStringLiteral("Ctrl+%1").arg(number++)));
    }
    view->addSeparator();
    QAction* find = view->addAction(tr("&Filter tensors"), this, [this] {
        if (!checkpoint()) return;
        setView(View::Inspect);
        inspect_->focusFilter();
    });
    find->setShortcut(QKeySequence::Find);
    view->addSeparator();
    QMenu* colours = view->addMenu(tr("C&olours"));
    auto* group = new QActionGroup(this);
    const int chosen = QSettings().value(QStringLiteral("colourScheme"), 0).toInt();
    int index = 0;
    for (const QString& name : {tr("&Like the desktop"), tr("L&ight"), tr("&Dark")}) {
        QAction* action = colours->addAction(name, this, [this, index] { setColourScheme(index); });
        action->setCheckable(true);
        action->setChecked(index == chosen);
        group->addAction(action);
        ++index;
    }
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
