// SPDX-License-Identifier: GPL-3.0-or-later
#include <QDBusConnection>
#include <QProcess>
#include <QStandardPaths>

#include "jobs/job.h"
#include "window/desktop_notification.h"
#include "window_fixture.h"

using namespace plimsoll;
using namespace plimsoll::ui;

namespace {

// The desktop's side, as far as it is called.
class Desktop final : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.Notifications")
public slots:
    uint Notify(const QString& program, uint, const QString& icon, const QString& headline, const QString& text,
                const QStringList&, const QVariantMap& hints, int) {
        told << QStringList{program, icon, headline, text, hints.value(QStringLiteral("desktop-entry")).toString()};
        return static_cast<uint>(told.size());
    }

public:
    QList<QStringList> told;
};

class QuickJob final : public Job {
public:
    QuickJob() : Job(nullptr) { announce({QStringLiteral("Convert to <a> & b"), {}, false}); }
    void run() {
        start<int>([](ProgressSink&, const std::stop_token&) -> Result<int> { return 1; },
                   [this](const Result<int>&) { setResult(QStringLiteral("a < b")); });
    }
};

}  // namespace

// What the desktop is told of a job that ends while another window is looked at.
class TstNotification : public WindowFixture {
    Q_OBJECT
private slots:
    void initTestCase();
    void cleanupTestCase();
    void init() { setUp(); }
    void cleanup() { tearDown(); }
    void tellsWhoLooksElsewhere();
    void isSilentWithoutABus();

private:
    QProcess bus_;
    Desktop desktop_;
};

void TstNotification::initTestCase() {
    QCoreApplication::setApplicationName(QStringLiteral("plimsoll"));
    qunsetenv("DBUS_SESSION_BUS_ADDRESS");
    qunsetenv("XDG_RUNTIME_DIR");
    const QString daemon = QStandardPaths::findExecutable(QStringLiteral("dbus-daemon"));
    if (daemon.isEmpty()) QSKIP("there is no dbus-daemon here");
    bus_.start(daemon, {QStringLiteral("--session"), QStringLiteral("--nofork"), QStringLiteral("--print-address")});
    QVERIFY(bus_.waitForReadyRead(kPatienceMs));
    const QByteArray address = bus_.readLine().trimmed();
    auto desktop = QDBusConnection::connectToBus(QString::fromLatin1(address), QStringLiteral("desktop"));
    QVERIFY(desktop.registerObject(QStringLiteral("/org/freedesktop/Notifications"), &desktop_,
                                   QDBusConnection::ExportAllSlots));
    QVERIFY(desktop.registerService(QStringLiteral("org.freedesktop.Notifications")));
    qputenv("DBUS_SESSION_BUS_ADDRESS", address);
}

void TstNotification::cleanupTestCase() {
    QDBusConnection::disconnectFromBus(QStringLiteral("desktop"));
    bus_.kill();
    bus_.waitForFinished();
}

void TstNotification::tellsWhoLooksElsewhere() {
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QuickJob seen;
    seen.run();
    QTRY_VERIFY(!seen.isRunning());
    QApplication::setActiveWindow(nullptr);
    QuickJob unseen;
    unseen.run();
    QTRY_COMPARE(desktop_.told.size(), 1);
    QCOMPARE(desktop_.told.first().at(1), QStringLiteral("plimsoll"));
    QCOMPARE(desktop_.told.first().at(2), QStringLiteral("Convert to <a> & b: done"));
    QCOMPARE(desktop_.told.first().at(3), QStringLiteral("a &lt; b"));
    QCOMPARE(desktop_.told.first().at(4), QStringLiteral("plimsoll"));
}

void TstNotification::isSilentWithoutABus() {
    desktop_.told.clear();
    const QByteArray address = qgetenv("DBUS_SESSION_BUS_ADDRESS");
    qunsetenv("DBUS_SESSION_BUS_ADDRESS");
    notifyDesktop(QStringLiteral("headline"), QStringLiteral("text"));
    qputenv("DBUS_SESSION_BUS_ADDRESS", address);
    notifyDesktop(QStringLiteral("second"), QStringLiteral("text"));
    QTRY_COMPARE(desktop_.told.size(), 1);
    QCOMPARE(desktop_.told.first().at(2), QStringLiteral("second"));
}

QTEST_MAIN(TstNotification)
#include "tst_notification.moc"
