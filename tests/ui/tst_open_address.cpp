// SPDX-License-Identifier: GPL-3.0-or-later
#include <QInputDialog>

#include "http_server.h"
#include "window_fixture.h"

class TstOpenAddress : public WindowFixture {
    Q_OBJECT

private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }
    void asked();
    void missing();

private:
    void choose(const QString& address) {
        QAction* action = nullptr;
        for (auto* candidate : window_->findChildren<QAction*>())
            if (candidate->text() == QStringLiteral("Open &address…")) action = candidate;
        QVERIFY(action != nullptr);
        QTimer::singleShot(0, this, [address] {
            auto* dialog = qobject_cast<QInputDialog*>(QApplication::activeModalWidget());
            QVERIFY(dialog != nullptr);
            dialog->setTextValue(address);
            dialog->accept();
        });
        action->trigger();
    }

    NginxServer nginx_;
};

void TstOpenAddress::asked() {
    NEEDS_NGINX();
    qputenv("no_proxy", "127.0.0.1");
    QVERIFY(!sampleFile().isEmpty());
    QVERIFY2(nginx_.start(dir_->path()), nginx_.errors().constData());
    QSignalSpy opened(window_.get(), &MainWindow::fileOpened);
    const QString address = nginx_.address(QStringLiteral("sample.safetensors"));
    choose(address);
    QVERIFY(opened.wait(kPatienceMs));
    QCOMPARE(window_->currentPage()->path(), address);
    QCOMPARE(window_->currentPage()->title(), QStringLiteral("sample.safetensors"));
    QVERIFY(rowsModel()->rowCount() > 0);
    window_->setView(MainWindow::View::Convert);
    const QString destination = find<QLineEdit>("destination")->text();
    QVERIFY2(QDir::isAbsolutePath(destination) && !destination.contains(QStringLiteral("http")),
             qPrintable(destination));
    // The same address again comes to the front, and is no second tab.
    window_->openFile(address);
    QCOMPARE(window_->pageCount(), 1);
    nginx_.stop();
}

void TstOpenAddress::missing() {
    QSignalSpy failed(window_.get(), &MainWindow::fileFailed);
    window_->openFile(QStringLiteral("http://127.0.0.1:%1/sample.pth").arg(freePort()));
    QVERIFY(failed.wait(kPatienceMs));
}

QTEST_MAIN(TstOpenAddress)
#include "tst_open_address.moc"
