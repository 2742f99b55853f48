// SPDX-License-Identifier: GPL-3.0-or-later
#include <QFile>
#include <QTableView>

#include "window_fixture.h"

class TstRefused : public WindowFixture {
    Q_OBJECT
private slots:
    void init() { setUp(); }
    void cleanup() { tearDown(); }

    // A file that does not open can be scanned, and the way back leads to the error.
    void brokenFileIsScanned() {
        refuse("evil.pt",
               "\x80\x02"
               "cposix\nsystem\nX\x02");
        QVERIFY(visible("errorScan"));
        press("errorScan");
        QVERIFY(visible("refusedPage"));
        // The view of open files has parts of the same names.
        const auto* page = find<QWidget>("refusedPage");
        const auto* verdict = page->findChild<plimsoll::ui::Banner*>(QStringLiteral("safetyVerdict"));
        QVERIFY(verdict != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(verdict->isVisible(), kPatienceMs);
        QVERIFY2(verdict->text().contains("Dangerous"), qPrintable(verdict->text()));
        QVERIFY(page->findChild<QTableView*>(QStringLiteral("safetyTable"))->isVisible());
        press("refusedBack");
        QVERIFY(visible("errorPage"));
        QVERIFY(!visible("refusedPage"));
        // The next file has nothing of it.
        QVERIFY(open(sampleFile()));
        QVERIFY(!visible("refusedPage"));
    }

    // Where there is no file there is nothing to scan.
    void missingFileIsNotOffered() {
        QSignalSpy failed(window_.get(), &MainWindow::fileFailed);
        window_->openFile(path("absent.pt"));
        QVERIFY(failed.wait(kPatienceMs));
        QVERIFY(visible("errorPage"));
        QVERIFY(!visible("errorScan"));
    }

private:
    void refuse(const char* name, const QByteArray& bytes) {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
        file.close();
        QSignalSpy failed(window_.get(), &MainWindow::fileFailed);
        window_->openFile(path(name));
        QVERIFY(failed.wait(kPatienceMs));
        QVERIFY(visible("errorPage"));
    }
};

QTEST_MAIN(TstRefused)
#include "tst_refused.moc"
