// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/dispose.h"

#include <QThreadPool>
#include <utility>

namespace plimsoll::ui {

void dispose(std::shared_ptr<const void> what) {
    if (what == nullptr) return;
    // Held by a pointer of its own, because the pool copies what it is given.
    auto last = std::make_shared<std::shared_ptr<const void>>(std::move(what));
    QThreadPool::globalInstance()->start([last] { last->reset(); });
}

}  // namespace plimsoll::ui
