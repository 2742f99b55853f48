// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "convert/part_ledger.h"
#include "convert/source_guard.h"
#include "convert/work_queue.h"

namespace plimsoll {

// What a journal is about: only a conversion of which all this is the same can go on with it.
struct JournalHeader {
    std::string id;                 // of one start or resumption: journals of ranks belong to that of the same id
    std::string recipe;             // for people: what was asked for
    std::string plan;               // fingerprint of every byte's place and origin
    std::uint64_t outputInode = 0;  // of the partial output
    std::uint64_t blockBytes = 0;   // items are cut by it
    bool measuresLoss = false;      // entries hold it
    std::vector<SourceState> sources;
};

// The journal of an output that is written at this path.
[[nodiscard]] inline std::string journalPathOf(const std::string& partialPath) {
    return partialPath + ".journal";
}

// The finished items of a conversion, beside its partial output: PATH.partial.journal. An entry is appended when its
// item was written; markers say up to where the items are on the disk and not just in the page cache. After a power
// cut only those count; while the system still runs, all do. Where several processes make the output, each but the one
// that leads has a journal of its own beside it. add() is safe from any thread. journal.md has the bytes.
class Journal {
public:
    struct Item {
        std::uint64_t number = 0;
        std::vector<PartSummary> parts;
    };
    struct Content {
        JournalHeader header;
        std::vector<Item> items;
        std::uint64_t end = 0;  // where the entries that count end
    };

    // What tells this start of the system from every other one; empty where the kernel does not say.
    [[nodiscard]] static std::string thisStart();
    // Nothing where there is no journal, or none that holds anything. Corrupt, Io, OverLimit.
    //   start  of the system: entries of another one count only as far as a marker says
    [[nodiscard]] static Result<std::optional<Content>> read(const std::string& path,
                                                             const std::string& start = thisStart());
    // The same, with the items of the journals of ranks that belong to it.
    [[nodiscard]] static Result<std::optional<Content>> readWithRanks(const std::string& path);
    [[nodiscard]] static bool exists(const std::string& path);
    [[nodiscard]] static std::string pathOfRank(const std::string& path, unsigned rank);
    // What no other journal has.
    [[nodiscard]] static std::string newId();
    // A header as text, and what comes of it on the other side.
    [[nodiscard]] static std::string textOf(const JournalHeader& header);
    [[nodiscard]] static std::optional<JournalHeader> headerFrom(std::string_view text);
    // Makes it say nothing any more, durably: before its output is emptied. Creates it where absent.
    [[nodiscard]] static Result<void> clear(const std::string& path);
    static void remove(const std::string& path) noexcept;
    // Those of all ranks beside it.
    static void removeRanks(const std::string& path);

    // A new one in the place of a cleared one.
    [[nodiscard]] static Result<Journal> start(const std::string& path, const JournalHeader& header);
    // A new one that says at once that these items are on the disk. It takes the place of `path` in one step: whatever
    // ends the program, one of the two is there.
    [[nodiscard]] static Result<Journal> replace(const std::string& path, const JournalHeader& header,
                                                 const std::vector<Item>& items);

    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    Journal(Journal&& other) noexcept;
    Journal& operator=(Journal&&) = delete;
    ~Journal();

    // The item's bytes were written.
    [[nodiscard]] Result<void> add(const WorkItem& item, std::span<const PartSummary> parts);
    // Marks all items so far as being on the disk, after `sync` put the files there that they were written to.
    using SyncFile = std::function<Result<void>(std::uint32_t file)>;
    [[nodiscard]] Result<void> mark(const SyncFile& sync);
    // Items that add() has taken.
    [[nodiscard]] std::uint64_t added() const;

private:
    Journal(std::string path, int fd, std::uint64_t end, bool measuresLoss)
        : path_(std::move(path)), fd_(fd), end_(end), measuresLoss_(measuresLoss) {}
    [[nodiscard]] Result<void> append(std::uint32_t kind, std::span<const std::byte> payload);
    [[nodiscard]] Result<void> appendDurable(const std::vector<Item>& items);

    std::string path_;
    int fd_ = -1;
    mutable std::mutex mutex_;
    std::uint64_t end_ = 0;
    bool measuresLoss_ = false;
    std::uint64_t added_ = 0;
    std::vector<std::uint32_t> unsynced_;  // files that items since the last mark were written to
};

}  // namespace plimsoll
