// SPDX-License-Identifier: GPL-3.0-or-later
// The menu of what the views do: their buttons, with keys.
#include <QMenu>
#include <QMenuBar>

#include "main_window.h"
#include "plots/picture_actions.h"
#include "views/inspect/inspect_view.h"
#include "views/inspect/tree_pane.h"
#include "window/jobs_dock.h"
#include "window/toast.h"

namespace plimsoll::ui {

QAction* MainWindow::addButtonAction(QMenu* menu, const QString& text, const QKeySequence& key, View view,
                                     const char* button) {
    const QString name = QString::fromLatin1(button);
    QAction* action = addAction(menu, text, key, [this, view, name] { currentPage()->pressButton(view, name); });
    needFile_ << action;
    return action;
}

void MainWindow::buildActionsMenu() {
    QMenu* menu = menuBar()->addMenu(tr("Act&ions"));
    const auto add = [this, menu](const QString& text, const QKeySequence& key, View view, const char* button) {
        addButtonAction(menu, text, key, view, button);
    };
    add(tr("Look for ide&ntical tensors"), QKeySequence(tr("Ctrl+Shift+I")), View::Overview, "findIdentical");
    add(tr("&Scan for unsafe content"), QKeySequence(tr("Ctrl+Shift+S")), View::Safety, "safetyAgain");
    add(tr("Check that the file is &whole"), QKeySequence(Qt::Key_F7), View::Integrity, "integrityStart");
    menu->addSeparator();
    add(tr("Compare with a &file…"), QKeySequence(tr("Ctrl+D")), View::Compare, "compareFile");
    add(tr("Compare with a fol&der…"), QKeySequence(tr("Ctrl+Shift+F")), View::Compare, "compareFolder");
    add(tr("Compare &values"), QKeySequence(tr("Ctrl+Shift+V")), View::Compare, "compareValues");
    add(tr("&Export the comparison…"), QKeySequence(tr("Ctrl+Shift+X")), View::Compare, "compareExport");
    menu->addSeparator();
    add(tr("Choose where a conversion &goes…"), QKeySequence(tr("Ctrl+Shift+T")), View::Convert, "browse");
    // The plan is seen before anything is written.
    needFile_ << addAction(menu, tr("&Convert"), QKeySequence(tr("Ctrl+Return")), [this] {
        if (currentPage()->view() == View::Convert)
            return currentPage()->pressButton(View::Convert, QStringLiteral("convertStart"));
        if (checkpoint()) setView(View::Convert);
    });
    menu->addSeparator();
    add(tr("&Run load tests"), QKeySequence(tr("Ctrl+R")), View::LoadTest, "loadStart");
    add(tr("S&top load tests"), QKeySequence(tr("Ctrl+.")), View::LoadTest, "loadCancel");
    add(tr("Save the &load report…"), QKeySequence(tr("Ctrl+Shift+G")), View::LoadTest, "reportSave");
    add(tr("Clear the res&ults of load tests"), QKeySequence(tr("Ctrl+Shift+Del")), View::LoadTest, "loadClear");
    menu->addSeparator();
    const auto picture = [this, menu](const QString& text, const QKeySequence& key, auto act) {
        needFile_ << addAction(menu, text, key, [this, act] { onPicture(act); });
    };
    picture(tr("Save the &picture…"), QKeySequence(tr("Ctrl+P")), [](PictureActions& plot) { plot.askWhereToSave(); });
    picture(tr("C&opy the picture"), QKeySequence(tr("Ctrl+Alt+P")), [](PictureActions& plot) { plot.copy(); });
    needFile_ << addAction(menu, tr("Copy the comm&and line of this view"), QKeySequence(tr("Ctrl+Shift+K")),
                           [this] { copyCommandLine(); });
    menu->addSeparator();
    menu->addMenu(tr("&Jobs"))->addActions(jobsDock_->commands());
}

// Of the plot that has the keyboard, else the one nearest to it.
void MainWindow::onPicture(const std::function<void(PictureActions&)>& act) {
    const QWidget* at = focusWidget();
    if (at == nullptr || !currentPage()->isAncestorOf(at)) at = currentPage();
    if (PictureActions* plot = PictureActions::nearest(at)) return act(*plot);
    toast_->tell(tr("No picture is seen here"),
                 tr("Treemaps, layouts of files, histograms and heatmaps are saved as they are seen. Curves of load "
                    "tests are saved with their report."),
                 false);
}

// Views that have no command of their own are about the list of tensors.
void MainWindow::copyCommandLine() {
    switch (currentPage()->view()) {
        case View::Compare:
            return currentPage()->pressButton(View::Compare, QStringLiteral("compareCommand"));
        case View::Convert:
            return currentPage()->pressButton(View::Convert, QStringLiteral("copyCommand"));
        case View::LoadTest:
            return currentPage()->pressButton(View::LoadTest, QStringLiteral("copyLoadCommand"));
        case View::Inspect:
        case View::Overview:
        case View::Safety:
        case View::Integrity:
            break;
    }
    if (!checkpoint()) return;
    setView(View::Inspect);
    currentPage()->inspect()->tensors()->copyCommandLine();
}

}  // namespace plimsoll::ui
