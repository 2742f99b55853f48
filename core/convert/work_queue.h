// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "convert/plan.h"

namespace plimsoll {

// Source bytes of a part of a record's output.
[[nodiscard]] std::uint64_t sourceBytesOf(const PlannedRecord& record, std::uint64_t outputBytes) noexcept;

// What one worker does next: some whole small records, or a part of one record. Counts are bytes of the output.
struct WorkItem {
    std::uint32_t file = 0;
    std::uint32_t record = 0;   // first
    std::uint32_t records = 1;  // more than 1: all of them whole, at most a block together
    std::uint64_t offset = 0;   // in the record
    std::uint64_t bytes = 0;    // of the record from there; more than a block where it must be made in order
    // The same queue over the same files always gives the same items: their numbers, and those of the parts of records
    // that they hold (one for each record of a batch, else one), count up from 0.
    std::uint64_t number = 0;
    std::uint64_t firstPart = 0;
};

// Announces what will be handed out of one file, in its order, each item once and before it is handed out.
struct ItemsAhead {
    std::uint64_t bytes = 0;  // of the source; 0: nothing is announced
    std::function<void(const WorkItem&)> announce;
};

// Hands out all work, each file's in ascending order, so that disks see runs. Safe from any thread. One queue is asked
// by one of its two next().
class WorkQueue {
public:
    using InOrder = std::function<bool(const PlannedRecord&)>;
    //   done      items that are left out, by number; may be shorter than the queue
    //   ownFiles  by file; items of the others are left out; empty: all are own
    WorkQueue(std::span<const PlannedFile> files, std::uint64_t blockBytes, InOrder inOrder,
              std::vector<bool> done = {}, std::vector<bool> ownFiles = {})
        : files_(files),
          blockBytes_(blockBytes),
          inOrder_(std::move(inOrder)),
          done_(std::move(done)),
          ownFiles_(std::move(ownFiles)) {}

    // In ascending order of files, too.
    [[nodiscard]] std::optional<WorkItem> next();

    // For workers that write: of the file that this worker is in, then of one that nobody is in yet, at last of the one
    // with the fewest workers. Two that write into one file wait for each other, as the kernel locks it.
    //   worker  remembers the file; a new one for each worker
    //   ahead   the same for all workers
    struct Worker {
        std::optional<std::uint32_t> file;
    };
    [[nodiscard]] std::optional<WorkItem> next(Worker& worker, const ItemsAhead& ahead = {});

    // Bytes of the record's output that make one block: whole elements, and neither they nor their source exceed the
    // block size.
    [[nodiscard]] std::uint64_t blockOf(const PlannedRecord& record) const noexcept;

private:
    // Before an item.
    struct Place {
        std::uint32_t file = 0;
        std::uint32_t record = 0;
        std::uint64_t offset = 0;
        std::uint64_t number = 0;
        std::uint64_t part = 0;
    };
    struct OpenFile {
        Place place;
        std::size_t workers = 0;
        Place announced;                   // up to here
        std::uint64_t announcedBytes = 0;  // of the source, not handed out yet
    };

    [[nodiscard]] bool isAtEndOfFile(const Place& place) const noexcept;
    [[nodiscard]] bool isLeftOut(const WorkItem& item) const;
    // Nothing at the end of all files.
    [[nodiscard]] std::optional<WorkItem> step(Place& place) const;
    [[nodiscard]] WorkItem stepBatch(Place& place) const;
    void skipToNextFile(Place& place) const;
    [[nodiscard]] OpenFile* fileFor(Worker& worker);
    void announceItems(OpenFile& file, const ItemsAhead& ahead) const;
    [[nodiscard]] std::uint64_t sourceBytesOf(const WorkItem& item) const;

    std::span<const PlannedFile> files_;
    std::uint64_t blockBytes_;
    InOrder inOrder_;
    std::vector<bool> done_;
    std::vector<bool> ownFiles_;
    std::mutex mutex_;
    Place place_;                 // of what no worker is in yet
    std::vector<OpenFile> open_;  // those that workers are in
};

}  // namespace plimsoll
