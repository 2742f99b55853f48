// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/desktop_notification.h"

#include <QDBusMessage>
#include <QGuiApplication>
#include <QVariantMap>

#include "window/desktop_bus.h"

namespace plimsoll::ui {

void notifyDesktop(const QString& headline, const QString& text) {
    const auto bus = sessionBus();
    if (!bus) return;
    const QString service = QStringLiteral("org.freedesktop.Notifications");
    QDBusMessage call = QDBusMessage::createMethodCall(service, QStringLiteral("/org/freedesktop/Notifications"),
                                                       service, QStringLiteral("Notify"));
    constexpr quint32 kReplacesNone = 0;
    constexpr int kServersTimeout = -1;
    const QVariantMap hints{{QStringLiteral("desktop-entry"), QStringLiteral("plimsoll")}};
    // The text may hold markup, the headline may not.
    call.setArguments({QGuiApplication::applicationDisplayName(), kReplacesNone, QStringLiteral("plimsoll"), headline,
                       text.toHtmlEscaped(), QStringList(), hints, kServersTimeout});
    bus->send(call);
}

}  // namespace plimsoll::ui
