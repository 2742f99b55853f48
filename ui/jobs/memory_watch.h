// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mutex>
#include <thread>
#include <vector>

#include "memory/timeline.h"

namespace plimsoll::ui {

// Samples the memory of this process on a thread of its own, as what exceeds the first sample. Where /proc gives no
// answer there are no points. Safe from any thread.
class MemoryWatch {
public:
    // Samples at 50 Hz until the returned thread object dies.
    [[nodiscard]] std::jthread start();
    // The points since the last call.
    [[nodiscard]] std::vector<TimelinePoint> take();

private:
    std::mutex mutex_;
    std::vector<TimelinePoint> points_;
};

}  // namespace plimsoll::ui
