// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>

#include "convert/plan.h"

namespace plimsoll {

// What one worker does next: some whole small records, or a part of one record. Counts are bytes of the output.
struct WorkItem {
    std::uint32_t file = 0;
    std::uint32_t record = 0;   // first
    std::uint32_t records = 1;  // more than 1: all of them whole, at most a block together
    std::uint64_t offset = 0;   // in the record
    std::uint64_t bytes = 0;    // of the record from there; more than a block where it must be made in order
};

// Hands out all work in ascending order of files and offsets, so that disks see runs. Safe from any thread.
class WorkQueue {
public:
    using InOrder = std::function<bool(const PlannedRecord&)>;
    WorkQueue(std::span<const PlannedFile> files, std::uint64_t blockBytes, InOrder inOrder)
        : files_(files), blockBytes_(blockBytes), inOrder_(std::move(inOrder)) {}

    [[nodiscard]] std::optional<WorkItem> next();

    // Bytes of the record's output that make one block: whole elements, and neither they nor their source exceed the
    // block size.
    [[nodiscard]] std::uint64_t blockOf(const PlannedRecord& record) const noexcept;

private:
    [[nodiscard]] WorkItem nextBatch(const PlannedFile& file);

    std::span<const PlannedFile> files_;
    std::uint64_t blockBytes_;
    InOrder inOrder_;
    std::mutex mutex_;
    std::uint32_t file_ = 0;
    std::uint32_t record_ = 0;
    std::uint64_t offset_ = 0;
};

}  // namespace plimsoll
