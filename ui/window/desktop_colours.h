// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

class QDBusVariant;

namespace plimsoll::ui {

// Whether the desktop asks for dark windows, now and when that changes: the setting "color-scheme" of its portal
// (org.freedesktop.portal.Settings), which desktops have whose palette Qt 6.4 does not know. Silent without a session
// bus.
class DesktopColours final : public QObject {
    Q_OBJECT
public:
    explicit DesktopColours(QObject* parent = nullptr);
    void ask();  // answered by told()

signals:
    void told(bool prefersDark);

private slots:
    void settingChanged(const QString& group, const QString& key, const QDBusVariant& value);
};

}  // namespace plimsoll::ui
