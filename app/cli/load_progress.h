// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "lab/supervisor.h"
#include "progress_printer.h"

namespace plimsoll::cli {

// Shows a running load test on stderr: its phase and the loader's memory, a few times a second. One thread.
class LoadProgress {
public:
    LoadProgress(std::string strategy, ProgressMode mode);
    ~LoadProgress() = default;
    LoadProgress(const LoadProgress&) = delete;
    LoadProgress& operator=(const LoadProgress&) = delete;

    // Refers to this object.
    [[nodiscard]] LoadObserver observer();
    // Takes the line away again.
    void finish() const;

private:
    void show(const TimelinePoint& point);

    std::string strategy_;
    std::string phase_;
    ProgressMode mode_;
    double shownAt_ = -1;
};

}  // namespace plimsoll::cli
