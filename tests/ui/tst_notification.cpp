// SPDX-License-Identifier: GPL-3.0-or-later
#include <QDBusConnection>
#include <QDBusVariant>
#include <QProcess>
#include <QStandardPaths>

#include "jobs/job.h"
#include "theme/theme.h"
#include "window/desktop_colours.h"
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

// The desktop's settings. As in Read() of old portals, the value is wrapped twice.
class Portal final : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")
public slots:
    QDBusVariant Read(const QString& group, const QString& key) {
        asked << group + QLatin1Char(' ') + key;
        return QDBusVariant(QVariant::fromValue(QDBusVariant(scheme)));
    }
signals:
    void SettingChanged(const QString& group, const QString& key, const QDBusVariant& value);

public:
    uint scheme = 0;
    QStringList asked;
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
    void followsTheColourScheme();

private:
    QProcess bus_;
    Desktop desktop_;
    Portal portal_;
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
    QVERIFY(desktop.registerObject(QStringLiteral("/org/freedesktop/portal/desktop"), &portal_,
                                   QDBusConnection::ExportAllSlots | QDBusConnection::ExportAllSignals));
    QVERIFY(desktop.registerService(QStringLiteral("org.freedesktop.portal.Desktop")));
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

void TstNotification::followsTheColourScheme() {
    applyColourScheme(ColourScheme::System);
    QVERIFY(!isDark(QApplication::palette()));
    portal_.scheme = 1;
    DesktopColours colours;
    QSignalSpy told(&colours, &DesktopColours::told);
    connect(&colours, &DesktopColours::told, &setDesktopPrefersDark);
    colours.ask();
    QTRY_COMPARE(told.size(), 1);
    QCOMPARE(portal_.asked, QStringList{QStringLiteral("org.freedesktop.appearance color-scheme")});
    QVERIFY(isDark(QApplication::palette()));
    const QString group = QStringLiteral("org.freedesktop.appearance");
    emit portal_.SettingChanged(group, QStringLiteral("contrast"), QDBusVariant(0U));
    emit portal_.SettingChanged(group, QStringLiteral("color-scheme"), QDBusVariant(2U));
    QTRY_COMPARE(told.size(), 2);
    QVERIFY(!isDark(QApplication::palette()));
    // A choice of one's own is above what the desktop says.
    applyColourScheme(ColourScheme::Light);
    emit portal_.SettingChanged(group, QStringLiteral("color-scheme"), QDBusVariant(1U));
    QTRY_COMPARE(told.size(), 3);
    QVERIFY(!isDark(QApplication::palette()));
    applyColourScheme(ColourScheme::System);
    QVERIFY(isDark(QApplication::palette()));
    setDesktopPrefersDark(false);
}

QTEST_MAIN(TstNotification)
#include "tst_notification.moc"
