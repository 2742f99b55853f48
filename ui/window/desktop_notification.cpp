// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/desktop_notification.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QFileInfo>
#include <QGuiApplication>
#include <QVariantMap>

namespace plimsoll::ui {
namespace {

// Where there is none, libdbus would start one.
bool hasSessionBus() {
    if (!qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS")) return true;
    const QString runtime = qEnvironmentVariable("XDG_RUNTIME_DIR");
    return !runtime.isEmpty() && QFileInfo::exists(runtime + QStringLiteral("/bus"));
}

}  // namespace

void notifyDesktop(const QString& headline, const QString& text) {
    if (!hasSessionBus()) return;
    const QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected()) return;
    const QString service = QStringLiteral("org.freedesktop.Notifications");
    QDBusMessage call = QDBusMessage::createMethodCall(service, QStringLiteral("/org/freedesktop/Notifications"),
                                                       service, QStringLiteral("Notify"));
    constexpr quint32 kReplacesNone = 0;
    constexpr int kServersTimeout = -1;
    const QVariantMap hints{{QStringLiteral("desktop-entry"), QStringLiteral("plimsoll")}};
    // The text may hold markup, the headline may not.
    call.setArguments({QGuiApplication::applicationDisplayName(), kReplacesNone, QStringLiteral("plimsoll"), headline,
                       text.toHtmlEscaped(), QStringList(), hints, kServersTimeout});
    bus.send(call);
}

}  // namespace plimsoll::ui
