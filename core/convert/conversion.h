// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "convert/engine.h"
#include "convert/journal.h"
#include "convert/output_set.h"
#include "convert/part_ledger.h"
#include "convert/peak_anon.h"
#include "convert/plan.h"
#include "convert/run.h"
#include "convert/source_guard.h"
#include "convert/team.h"
#include "convert/work_shape.h"

namespace plimsoll {

// One conversion from its first look at the destination to its report, by one process or a team. The one that leads
// decides, opens the output and gives it its name; the others make the files that are theirs.
class Conversion {
public:
    Conversion(const Plan& plan, Team& team, ProgressSink& progress, const std::stop_token& stop)
        : plan_(plan), team_(team), progress_(progress), stop_(stop), ledger_(plan.files) {}

    // The losses of a team are in the report of the one that leads; so are its sums.
    Result<ConvertReport> run();

private:
    [[nodiscard]] bool leads() const noexcept { return team_.rank() == 0; }
    Result<void> prepare();

    // Of the one that leads.
    Result<void> lead();
    Result<void> begin();
    Result<void> startAnew(const std::string& path);
    Result<void> resume(Journal::Content& content, const std::string& path);
    // Of the others: joins in what it began.
    Result<void> tellAndFollow();
    Result<void> follow(const Team::Message& told);

    EngineJob makeJob();
    void restore(EngineJob& job);
    Result<void> makeFiles(ProgressSink& progress, const std::stop_token& stop);
    // Reads ahead of the workers, and gives back what they wrote.
    Result<void> moveAll(EngineJob job, ProgressSink& progress, const std::stop_token& stop);
    Result<void> writeAndVerify(EngineJob& job, ProgressSink& progress, const std::stop_token& stop);
    void leaveOrRemove(const Error& error);
    void removeOutput() noexcept;
    Result<void> fillReport();
    void addReport(const Team::Message& said);

    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    PeakAnon peak_;
    const Plan& plan_;
    Team& team_;
    ProgressSink& progress_;
    const std::stop_token& stop_;
    WorkShape shape_;
    std::vector<bool> ownFiles_;  // empty: all
    bool ownsAny_ = true;
    JournalHeader header_;
    std::optional<SourceGuard> guard_;
    std::optional<OutputSet> out_;
    std::optional<Journal> journal_;
    std::uint64_t itemsDone_ = 0;  // where the journal is closed
    std::vector<Journal::Item> restored_;
    bool wrongOnDisk_ = false;
    PartLedger ledger_;
    ConvertReport report_;
};

}  // namespace plimsoll
