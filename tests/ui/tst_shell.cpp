// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAction>
#include <QDialog>
#include <QListWidget>
#include <QMenuBar>
#include <QTabWidget>
#include <QTreeView>

#include "window/document_page.h"
#include "window/recent_files.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

// Tabs, menus, keys, and what is remembered.
class TstShell : public WindowFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }

    void opensFilesAsTabs();
    void bringsOpenFileToFront();
    void closesTabs();
    void opensRecentByKey();
    void everyActionHasItsOwnKey();
    void findsCommands();
    void offersReloadOfChangedFile_data();
    void offersReloadOfChangedFile();
    void remembersGeometryAndForgetsIt();
    void viewsLetGoOfClosedFile();
    void searchesMetadata();

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

void TstShell::opensFilesAsTabs() {
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    window_->openFiles({file("a.safetensors"), file("b.safetensors", {5}), file("c.safetensors")});
    QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 3, kPatienceMs);
    QCOMPARE(window_->pageCount(), 3);
    QVERIFY(window_->windowTitle().startsWith(QStringLiteral("c.safetensors")));
    auto* tabs = window_->findChild<QTabWidget*>(QStringLiteral("documentTabs"));
    QCOMPARE(tabs->tabText(1), QStringLiteral("b.safetensors"));
    tabs->setCurrentIndex(1);
    QVERIFY(window_->windowTitle().startsWith(QStringLiteral("b.safetensors")));
    QCOMPARE(cell("alone", TensorRowsModel::Shape), QStringLiteral("[5]"));
    // Each tab has a view of its own.
    window_->setView(MainWindow::View::Convert);
    tabs->setCurrentIndex(0);
    QVERIFY(visible("inspectView"));
}

void TstShell::bringsOpenFileToFront() {
    QVERIFY(open(file("a.safetensors")));
    QVERIFY(open(file("b.safetensors")));
    QCOMPARE(window_->pageCount(), 2);
    QVERIFY(open(path("a.safetensors")));
    QCOMPARE(window_->pageCount(), 2);
    QVERIFY(window_->windowTitle().startsWith(QStringLiteral("a.safetensors")));
}

void TstShell::closesTabs() {
    QVERIFY(open(file("a.safetensors")));
    QVERIFY(open(file("b.safetensors")));
    window_->closeFile();
    QCOMPARE(window_->pageCount(), 1);
    QVERIFY(window_->windowTitle().startsWith(QStringLiteral("a.safetensors")));
    window_->closeFile();
    QCOMPARE(window_->pageCount(), 1);
    QVERIFY(visible("emptyPage"));
    QCOMPARE(window_->windowTitle(), QStringLiteral("Plimsoll"));
}

void TstShell::opensRecentByKey() {
    QVERIFY(open(file("a.safetensors")));
    QVERIFY(open(file("b.safetensors")));
    window_->closeFile();
    window_->closeFile();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    QTest::keyClick(window_.get(), Qt::Key_2, Qt::ControlModifier);
    QVERIFY(opened.wait(kPatienceMs));
    QVERIFY(window_->windowTitle().startsWith(QStringLiteral("a.safetensors")));
}

void TstShell::everyActionHasItsOwnKey() {
    QVERIFY(open(file("a.safetensors")));
    QStringList keys;
    for (const QAction* action : allActions()) {
        QVERIFY(!action->text().isEmpty());
        if (!action->shortcut().isEmpty()) keys << action->shortcut().toString();
    }
    for (const char* expected : {"Ctrl+O", "Ctrl+F", "F5", "Ctrl+W", "Ctrl+Q", "Ctrl+1", "Ctrl+Shift+P", "Alt+1"})
        QVERIFY2(keys.contains(QLatin1String(expected)), expected);
    QCOMPARE(QSet<QString>(keys.begin(), keys.end()).size(), keys.size());
}

void TstShell::findsCommands() {
    QVERIFY(open(file("a.safetensors")));
    window_->showPalette();
    auto* list = window_->findChild<QListWidget*>(QStringLiteral("paletteList"));
    auto* line = window_->findChild<QLineEdit*>(QStringLiteral("paletteLine"));
    QVERIFY(list->count() > 10);
    QTest::keyClicks(line, QStringLiteral("conv view"));
    QCOMPARE(list->count(), 1);
    QTest::keyClick(line, Qt::Key_Return);
    QTRY_VERIFY(visible("convertView"));
    QTRY_VERIFY(window_->findChild<QDialog*>(QStringLiteral("commandPalette")) == nullptr);
}

void TstShell::offersReloadOfChangedFile_data() {
    QTest::addColumn<bool>("replaced");
    QTest::newRow("replaced by a rename") << true;
    QTest::newRow("written in place") << false;
}

void TstShell::offersReloadOfChangedFile() {
    QFETCH(bool, replaced);
    const QString name = file("a.safetensors");
    QVERIFY(open(name));
    QVERIFY(!visible("changedBar"));
    const QString other = replaced ? file("next.safetensors", {7}) : QString();
    if (replaced) {
        QVERIFY(QFile::remove(name));
        QVERIFY(QFile::rename(other, name));
    } else {
        QVERIFY(!file("a.safetensors", {7}).isEmpty());
    }
    QTRY_VERIFY_WITH_TIMEOUT(visible("changedBar"), kPatienceMs);
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    press("changedReload");
    QVERIFY(opened.wait(kPatienceMs));
    QVERIFY(!visible("changedBar"));
    QCOMPARE(cell("alone", TensorRowsModel::Shape), QStringLiteral("[7]"));
}

void TstShell::remembersGeometryAndForgetsIt() {
    const QSize first = window_->size();
    window_->resize(900, 640);
    QVERIFY(window_->close());
    window_ = std::make_unique<MainWindow>();
    QCOMPARE(window_->size(), QSize(900, 640));
    window_->resetLayout();
    QCOMPARE(window_->size(), first);
}

void TstShell::viewsLetGoOfClosedFile() {
    QVERIFY(open(file("a.safetensors")));
    const std::weak_ptr<const Checkpoint> held = window_->checkpoint();
    for (int view = 0; view < DocumentPage::kViews; ++view) {
        window_->setView(static_cast<MainWindow::View>(view));
        QCoreApplication::processEvents();
    }
    window_->closeFile();
    QTRY_VERIFY_WITH_TIMEOUT(held.expired(), kPatienceMs);
}

void TstShell::searchesMetadata() {
    const QString file = path("meta.safetensors");
    QJsonObject metadata;
    for (int i = 0; i < 30; ++i)
        metadata.insert(QStringLiteral("key%1").arg(i, 2, 10, QLatin1Char('0')), QStringLiteral("value %1").arg(i % 3));
    QVERIFY(samples::writeSafetensors(file, {{QStringLiteral("alone"), {3}}}, metadata));
    QVERIFY(open(file));
    find<QTabWidget>("detailTabs")->setCurrentIndex(2);
    auto* search = find<QLineEdit>("metadataSearch");
    auto* tree = find<QTreeView>("metadataTree");
    search->setText(QStringLiteral("VALUE 2"));
    QTRY_COMPARE(text("metadataCount"), QStringLiteral("1 of 10"));
    QCOMPARE(tree->currentIndex().data().toString(), QStringLiteral("key02"));
    QTest::keyClick(search, Qt::Key_Return);
    QCOMPARE(tree->currentIndex().data().toString(), QStringLiteral("key05"));
    QTest::keyClick(search, Qt::Key_Return, Qt::ShiftModifier);
    QTest::keyClick(search, Qt::Key_Return, Qt::ShiftModifier);
    QCOMPARE(tree->currentIndex().data().toString(), QStringLiteral("key29"));
    QCOMPARE(text("metadataCount"), QStringLiteral("10 of 10"));
    search->setText(QStringLiteral("zebra"));
    QTRY_COMPARE(text("metadataCount"), QStringLiteral("not found"));
    QTest::keyClick(search, Qt::Key_Escape);
    QCOMPARE(text("metadataCount"), QString());
}

QTEST_MAIN(TstShell)
#include "tst_shell.moc"
