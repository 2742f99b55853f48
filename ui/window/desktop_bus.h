// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDBusConnection>
#include <optional>

namespace plimsoll::ui {

// The session's bus; none where there is none yet: libdbus would start one.
[[nodiscard]] std::optional<QDBusConnection> sessionBus();

}  // namespace plimsoll::ui
