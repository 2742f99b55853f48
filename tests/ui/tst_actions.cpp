// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractButton>
#include <QAction>
#include <QClipboard>
#include <QDockWidget>
#include <QDropEvent>
#include <QMenuBar>
#include <QMimeData>
#include <QPushButton>
#include <QTableView>
#include <QtTest>

#include "views/inspect/inspect_view.h"
#include "window/document_page.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

// What is done from the menu of actions, and by dropping files.
class TstActions : public WindowFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }

    void actionsPressButtons();
    void comparesWithWhatIsDropped();

private:
    QString file(const char* name, std::vector<quint64> shape = {3}) {
        const QString made = path(name);
        return samples::writeSafetensors(made, {{QStringLiteral("alone"), std::move(shape)}}) ? made : QString();
    }
    QList<QAction*> allActions() const {
        QList<QAction*> found;
        QList<QAction*> open = window_->menuBar()->actions();
        while (!open.isEmpty()) {
            QAction* action = open.takeFirst();
            if (action->menu() != nullptr) {
                open << action->menu()->actions();
            } else if (!action->isSeparator()) {
                found << action;
            }
        }
        return found;
    }
};

// What the views do is done from the menus too, whatever view is seen.
void TstActions::actionsPressButtons() {
    QVERIFY(open(file("a.safetensors")));
    const auto trigger = [this](const QKeySequence& key) {
        const auto actions = allActions();
        const auto found = std::ranges::find(actions, key, &QAction::shortcut);
        if (found != actions.end()) (*found)->trigger();
        return found != actions.end();
    };
    QVERIFY(trigger(Qt::Key_F7));
    QVERIFY(visible("integrityView"));
    QTRY_VERIFY_WITH_TIMEOUT(!bannerText("integrityVerdict").isEmpty(), kPatienceMs);
    // The plan is seen before anything is written.
    const QKeySequence convert(QStringLiteral("Ctrl+Return"));
    QVERIFY(trigger(convert));
    QVERIFY(visible("convertView"));
    QTRY_VERIFY_WITH_TIMEOUT(find<QPushButton>("convertStart")->isEnabled(), kPatienceMs);
    window_->setView(MainWindow::View::Inspect);
    QVERIFY(trigger(convert));
    QVERIFY(window_->findChild<QWidget*>(QStringLiteral("convertOutcome")) == nullptr);
    QVERIFY(trigger(convert));
    QTRY_VERIFY_WITH_TIMEOUT(!bannerText("convertOutcome").isEmpty() && !window_->isBusy(), kPatienceMs);
    const QKeySequence copy(QStringLiteral("Ctrl+Shift+K"));
    QVERIFY(trigger(copy));
    QVERIFY(QApplication::clipboard()->text().startsWith(QStringLiteral("plimsoll-cli convert ")));
    window_->setView(MainWindow::View::Overview);
    QVERIFY(trigger(copy));
    QVERIFY(QApplication::clipboard()->text().startsWith(QStringLiteral("plimsoll-cli inspect ")));
    for (const char* button :
         {"safetyAgain", "compareFile", "compareFolder", "compareValues", "compareExport", "compareCommand", "browse",
          "loadStart", "loadCancel", "reportSave", "loadClear", "copyLoadCommand"})
        QVERIFY2(window_->findChild<QAbstractButton*>(QString::fromLatin1(button)) != nullptr, button);
}

void TstActions::comparesWithWhatIsDropped() {
    QVERIFY(open(file("a.safetensors")));
    const QString other = file("b.safetensors", {5});
    window_->setView(MainWindow::View::Compare);
    const auto drop = [this](const char* target, const QStringList& files) {
        QList<QUrl> urls;
        for (const QString& name : files) urls << QUrl::fromLocalFile(name);
        QMimeData mime;
        mime.setUrls(urls);
        QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(find<QWidget>(target), &enter);
        QDropEvent event(QPointF(5, 5), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(find<QWidget>(target), &event);
    };
    // A pane that was taken out is a window of its own.
    auto* pane = window_->currentPage()->inspect()->findChild<QDockWidget*>();
    QVERIFY(pane != nullptr && pane->acceptDrops());
    pane->setFloating(true);
    window_->setView(MainWindow::View::Inspect);
    pane->setObjectName(QStringLiteral("floatingPane"));
    QSignalSpy first(window_.get(), &MainWindow::fileOpened);
    drop("floatingPane", {file("d.safetensors")});
    QTRY_COMPARE_WITH_TIMEOUT(first.size(), 1, kPatienceMs);
    window_->closeFile();
    window_->setView(MainWindow::View::Compare);
    drop("compareStart", {other});
    QTRY_COMPARE_WITH_TIMEOUT(find<QTableView>("compareTable")->model()->rowCount(), 1, kPatienceMs);
    QCOMPARE(window_->pageCount(), 1);
    // Several are opened.
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    drop("compareTable", {other, file("c.safetensors")});
    QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 2, kPatienceMs);
    QCOMPARE(window_->pageCount(), 3);
}

QTEST_MAIN(TstActions)
#include "tst_actions.moc"
