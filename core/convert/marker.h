// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/result.h"
#include "convert/journal.h"
#include "convert/output_set.h"

namespace plimsoll {

// While it lives, puts what a conversion has written on the disk every few seconds and says so in its journal: a power
// cut then costs seconds of work. It also keeps the page cache from filling with what the last sync would wait for.
class Marker {
public:
    Marker(Journal& journal, const OutputSet& out);
    Marker(const Marker&) = delete;
    Marker& operator=(const Marker&) = delete;
    ~Marker() = default;

    // Ends it. The first error that it met: what the disk did not take is not reported a second time.
    [[nodiscard]] Result<void> finish();

private:
    void run(const std::stop_token& stop);

    Journal& journal_;
    const OutputSet& out_;
    Result<void> result_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;  // last: it uses the others
};

}  // namespace plimsoll
