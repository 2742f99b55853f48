// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/run.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "convert/checkpoint_blocks.h"
#include "convert/conversion.h"
#include "convert/engine.h"
#include "convert/journal.h"
#include "convert/output_set.h"
#include "convert/peak_anon.h"
#include "convert/work_shape.h"
#include "convert/write_blobs.h"

namespace plimsoll {

namespace {

double secondsSince(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<RecordLoss> lossesOf(std::span<const PlannedFile> files, const PartLedger& ledger) {
    std::vector<RecordLoss> losses;
    for (const auto& [key, loss] : ledger.losses()) {
        const auto& record = files[key.first].records[key.second];
        losses.push_back({record.name, record.from, record.to, loss});
    }
    return losses;
}

}  // namespace

std::uint64_t progressBytes(const Plan& plan) noexcept {
    return plan.bytesRead + (plan.recipe.verify ? plan.bytesWritten - plan.indexJson.size() : 0);
}

Result<std::vector<RecordLoss>> previewLoss(const Plan& plan, ProgressSink& progress, const std::stop_token& stop) {
    std::vector<PlannedFile> files;
    for (const auto& file : plan.files) {
        auto& casts = files.emplace_back().records;
        std::ranges::copy_if(file.records, std::back_inserter(casts), isCast);
    }
    PartLedger ledger(files);
    EngineJob job;
    job.files = files;
    TRY(job.shape, shapeWork(plan.recipe.memoryBytes, plan.recipe.threads));
    job.makeSource = [&] { return checkpointBlocks(plan, job.shape.blockBytes, true, stop); };
    job.inOrder = onlyForward(plan);
    job.write = [](std::size_t, std::uint64_t, std::span<const std::byte>) -> Result<void> { return {}; };
    job.finished = [&ledger](const WorkItem& item, std::span<const PartSummary> parts) -> Result<void> {
        ledger.add(item, parts);
        return {};
    };
    TRY_VOID(moveRecords(job, progress, stop));
    return lossesOf(files, ledger);
}

Result<ConvertReport> runPlan(const Plan& plan, ProgressSink& progress, const std::stop_token& stop) {
    Alone alone;
    return runPlan(plan, alone, progress, stop);
}

Result<ConvertReport> runPlan(const Plan& plan, Team& team, ProgressSink& progress, const std::stop_token& stop) {
    return Conversion(plan, team, progress, stop).run();
}

Result<ConvertReport> runGenerated(const PlannedFile& file, bool overwrite, unsigned threads, const BlockSource& source,
                                   ProgressSink& progress, const std::stop_token& stop) {
    const auto start = std::chrono::steady_clock::now();
    PeakAnon peak;
    OutputRequest request;
    request.destination = file.path;
    request.overwrite = overwrite;
    request.files = {{file.path, file.bytes}};
    TRY(auto out, OutputSet::open(request));
    out.keep(false);
    // What is left of a conversion to the same name is gone with this.
    if (Journal::exists(journalPathOf(out.partialPath()))) {
        TRY_VOID(Journal::clear(journalPathOf(out.partialPath())));
        Journal::remove(journalPathOf(out.partialPath()));
        Journal::removeRanks(journalPathOf(out.partialPath()));
    }
    TRY_VOID(out.reserve());

    PartLedger ledger({&file, 1});
    EngineJob job;
    job.files = {&file, 1};
    TRY(job.shape, shapeWork(Recipe{}.memoryBytes, threads));
    job.makeSource = [&source] { return source; };
    job.inOrder = [](const PlannedRecord&) { return false; };
    job.write = [&out](std::size_t, std::uint64_t offset, std::span<const std::byte> bytes) {
        return out.writeAt(0, offset, bytes);
    };
    job.finished = [&ledger](const WorkItem& item, std::span<const PartSummary> parts) -> Result<void> {
        ledger.add(item, parts);
        return {};
    };
    TRY_VOID(moveRecords(job, progress, stop));
    TRY(const auto blobs, writeBlobs(job, ledger, out, stop));
    TRY_VOID(out.sync(stop));
    TRY_VOID(out.commit());

    ConvertReport report;
    report.files = {file.path};
    report.tensors = file.records.size();
    for (const auto& record : file.records) report.bytesRead += sourceBytes(record);
    report.bytesWritten = file.bytes;
    report.peakAnonBytes = peak.finish();
    report.seconds = secondsSince(start);
    return report;
}

}  // namespace plimsoll
