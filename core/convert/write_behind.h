// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <tuple>

#include "base/result.h"
#include "convert/output_set.h"
#include "convert/plan.h"
#include "convert/work_queue.h"

namespace plimsoll {

// Brings what was written to the disk soon, and gives its pages back, so that a large output does not fill memory with
// pages that nobody reads. Only of large records, and of outputs that are large themselves. Safe from any thread.
class WriteBehind {
public:
    //   files  both outlive this
    WriteBehind(std::span<const PlannedFile> files, const OutputSet& out);

    // An item is written. Waits for the disk where that is too far behind. Io of the output.
    [[nodiscard]] Result<void> wrote(const WorkItem& item);

private:
    // A run of one record's bytes in the output.
    struct Piece {
        std::uint32_t file = 0;
        std::uint64_t offset = 0;
        std::uint64_t bytes = 0;
    };
    using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>;  // file, record, number in the record

    std::span<const PlannedFile> files_;
    const OutputSet& out_;
    bool isWorthwhile_ = false;
    std::mutex mutex_;
    std::map<Key, std::uint64_t> missing_;  // bytes of pieces that are begun
    std::deque<Piece> underWay_;            // oldest first
};

}  // namespace plimsoll
