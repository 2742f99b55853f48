// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/dispose.h"

#include <QThreadPool>
#include <utility>

namespace plimsoll::ui {
namespace {

// Not the global pool: Qt's painter waits for a thread of that one, and with it the window would.
QThreadPool& pool() {
    static QThreadPool ours;
    ours.setMaxThreadCount(1);
    return ours;
}

}  // namespace

void dispose(std::shared_ptr<const void> what) {
    if (what == nullptr) return;
    // Held by a pointer of its own, because the pool copies what it is given.
    auto last = std::make_shared<std::shared_ptr<const void>>(std::move(what));
    pool().start([last] { last->reset(); });
}

}  // namespace plimsoll::ui
