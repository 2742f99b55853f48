// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "base/result.h"

namespace plimsoll {

// How many workers move how large blocks at a time.
struct WorkShape {
    unsigned threads = 1;
    std::uint64_t blockBytes = 0;  // of the larger of what is read and what is written
    std::uint64_t aheadBytes = 0;  // for what is read ahead, all workers together

    [[nodiscard]] std::uint64_t memoryBytes() const noexcept;
};

// Fits workers and blocks into memoryBytes: blocks get smaller before workers get fewer. threads == 0: one per
// processor.
//   errors  Usage where not even one worker with the smallest block fits
[[nodiscard]] Result<WorkShape> shapeWork(std::uint64_t memoryBytes, unsigned threads);

// Takes blocks of this size instead, with as many of the workers as the memory allows then. False: not even one.
[[nodiscard]] bool takeBlocks(WorkShape& shape, std::uint64_t blockBytes, std::uint64_t memoryBytes) noexcept;

}  // namespace plimsoll
