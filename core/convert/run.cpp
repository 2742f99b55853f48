// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/run.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "convert/checkpoint_blocks.h"
#include "convert/command_line.h"
#include "convert/engine.h"
#include "convert/final_blobs.h"
#include "convert/fingerprint.h"
#include "convert/journal.h"
#include "convert/marker.h"
#include "convert/output_set.h"
#include "convert/peak_anon.h"
#include "convert/resume.h"
#include "convert/shards.h"
#include "convert/source_guard.h"
#include "convert/verify.h"
#include "convert/work_shape.h"

namespace plimsoll {

namespace {

double secondsSince(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// What of a recipe decides what is written, as people read it.
std::string recipeText(const Recipe& recipe) {
    Recipe essence = recipe;
    essence.destination = "DST";
    essence.overwrite = essence.resume = essence.verify = essence.measureLoss = false;
    essence.memoryBytes = Recipe{}.memoryBytes;
    return convertCommandLine("SRC", essence);
}

std::string journalPath(const OutputSet& out) {
    return out.partialPath() + ".journal";
}

// Everything but the records, once their checksums are known.
Result<std::vector<FinalBlobs>> writeBlobs(const EngineJob& job, const PartLedger& ledger, const OutputSet& out,
                                           const std::stop_token& stop) {
    WorkQueue all(job.files, job.shape.blockBytes, job.inOrder);
    const auto crcs = ledger.recordCrcs(all);
    std::vector<FinalBlobs> blobs;
    for (std::size_t file = 0; file < job.files.size(); ++file) {
        blobs.emplace_back(job.files[file], crcs[file]);
        TRY_VOID(blobs.back().visit([&](std::uint64_t offset, std::span<const std::byte> bytes) -> Result<void> {
            if (stop.stop_requested()) return cancelled();
            return out.writeAt(file, offset, bytes);
        }));
    }
    return blobs;
}

// A deflated stream only goes forward.
WorkQueue::InOrder onlyForward(const Plan& plan) {
    return [&plan](const PlannedRecord& record) {
        return plan.source->tensors.storage(record.storage).encoding == StorageEncoding::Deflated;
    };
}

std::vector<RecordLoss> lossesOf(std::span<const PlannedFile> files, const PartLedger& ledger) {
    std::vector<RecordLoss> losses;
    for (const auto& [key, loss] : ledger.losses()) {
        const auto& record = files[key.first].records[key.second];
        losses.push_back({record.name, record.from, record.to, loss});
    }
    return losses;
}

class Conversion {
public:
    Conversion(const Plan& plan, ProgressSink& progress, const std::stop_token& stop)
        : plan_(plan), progress_(progress), stop_(stop), ledger_(plan.files) {}

    Result<ConvertReport> run() {
        TRY(shape_, shapeWork(plan_.recipe.memoryBytes, plan_.recipe.threads));
        TRY(guard_, SourceGuard::watch(*plan_.source));
        TRY_VOID(open());
        TRY_VOID(begin());
        auto done = makeFiles();
        if (!done) {
            leaveOrRemove(done.error());
            return fail(std::move(done.error()));
        }
        Journal::remove(journalPath(*out_));
        fillReport();
        return std::move(report_);
    }

private:
    Result<void> open() {
        OutputRequest request;
        request.destination = plan_.recipe.destination;
        request.isDirectory = plan_.isDirectory;
        request.overwrite = plan_.recipe.overwrite;
        request.sources = guard_->identities();
        request.replaces = [this](std::string_view name) { return isOfSet(plan_.recipe, name); };
        for (const auto& file : plan_.files) request.files.push_back({file.path, file.bytes});
        if (!plan_.indexPath.empty()) request.files.push_back({plan_.indexPath, plan_.indexJson.size()});
        for (const auto& file : request.files) report_.files.push_back(file.path);
        TRY(out_, OutputSet::open(request));
        return {};
    }

    // Goes on with what is left of an earlier run, where that is asked for, or starts anew.
    Result<void> begin() {
        JournalHeader header;
        header.recipe = recipeText(plan_.recipe);
        header.plan = fingerprintOf(plan_);
        header.measuresLoss = plan_.recipe.measureLoss;
        TRY(header.outputInode, out_->inode());
        TRY(header.sources, guard_->states());
        const auto path = journalPath(*out_);
        if (plan_.recipe.resume) {
            TRY(const auto content, Journal::read(path));
            // An empty output with a journal: that of a finished run, which was killed before it could remove it.
            TRY(const bool fresh, out_->isEmpty());
            if (content && !content->items.empty() && !fresh) return resume(*content, header, path);
        }
        if (!out_->mayBeEmptied() && !Journal::exists(path))
            return fail(Error{Errc::Usage, kNoOffset,
                              "holds files, and no journal says that a conversion left them (remove it)",
                              out_->partialPath()});
        header.blockBytes = shape_.blockBytes;
        measures_ = header.measuresLoss;
        report_.lossIsKnown = measures_;
        auto started = startAnew(header, path);
        if (!started) leaveOrRemove(started.error());
        return started;
    }

    Result<void> startAnew(const JournalHeader& header, const std::string& path) {
        TRY_VOID(Journal::clear(path));
        TRY_VOID(out_->reserve());
        TRY(auto journal, Journal::start(path, header));
        journal_.emplace(std::move(journal));
        return {};
    }

    Result<void> resume(const Journal::Content& content, const JournalHeader& header, const std::string& path) {
        TRY_VOID(checkResumable(content, header, plan_, *out_, shape_));
        measures_ = content.header.measuresLoss;
        report_.lossIsKnown = measures_;
        TRY(auto journal, Journal::resume(path, content));
        journal_.emplace(std::move(journal));
        restored_ = content.items;
        return {};
    }

    EngineJob makeJob() {
        EngineJob job;
        job.files = plan_.files;
        job.shape = shape_;
        job.makeSource = [this] { return checkpointBlocks(plan_, shape_.blockBytes, measures_, stop_); };
        job.inOrder = onlyForward(plan_);
        job.write = [this](std::size_t file, std::uint64_t offset, std::span<const std::byte> bytes) {
            return out_->writeAt(file, offset, bytes);
        };
        job.finished = [this](const WorkItem& item, std::span<const PartSummary> parts) {
            ledger_.add(item, parts);
            return journal_->add(item, parts);
        };
        return job;
    }

    // What the journal says is done counts as done.
    Result<void> restore(EngineJob& job) {
        if (restored_.empty()) return {};
        std::vector<const Journal::Item*> byNumber;
        for (const auto& item : restored_) {
            if (item.number >= byNumber.size()) byNumber.resize(item.number + 1);
            byNumber[item.number] = &item;
        }
        job.done.assign(byNumber.size(), false);
        WorkQueue all(job.files, job.shape.blockBytes, job.inOrder);
        while (const auto item = all.next()) {
            const auto* const known = item->number < byNumber.size() ? byNumber[item->number] : nullptr;
            if (known == nullptr || known->parts.size() != item->records) continue;
            job.done[item->number] = true;
            ledger_.add(*item, known->parts);
            for (std::uint32_t i = 0; i < item->records; ++i) {
                const auto& record = job.files[item->file].records[item->record + i];
                report_.resumedBytes +=
                    sourceBytesOf(record, item->records > 1 ? record.destinationBytes : item->bytes);
            }
        }
        restored_ = {};
        return {};
    }

    Result<void> makeFiles() {
        auto job = makeJob();
        TRY_VOID(restore(job));
        {
            Marker marker(*journal_, *out_);
            TRY_VOID(moveRecords(job, progress_, stop_));
            TRY_VOID(marker.finish());
        }
        TRY(const auto blobs, writeBlobs(job, ledger_, *out_, stop_));
        if (!plan_.indexPath.empty())
            TRY_VOID(out_->writeAt(plan_.files.size(), 0, std::as_bytes(std::span(plan_.indexJson))));
        TRY_VOID(out_->sync(stop_));
        if (plan_.recipe.verify) {
            auto verified = verifyOutput(job, ledger_, blobs, *out_, progress_, stop_);
            wrongOnDisk_ = !verified && verified.error().code == Errc::Corrupt;
            TRY_VOID(std::move(verified));
            report_.verified = true;
        }
        TRY_VOID(guard_->check());
        if (stop_.stop_requested()) return cancelled();
        return out_->commit();
    }

    // What was done stays for a later run, unless there is nothing, it is wrong, or of a source that is no more.
    void leaveOrRemove(const Error& error) noexcept {
        const bool sourceChanged = error.code != Errc::Cancelled && !guard_->check();
        const bool stays = journal_ && journal_->added() != 0 && !sourceChanged && !wrongOnDisk_;
        out_->keep(stays);
        if (!stays) Journal::remove(journalPath(*out_));
    }

    void fillReport() {
        report_.tensors = plan_.tensors;
        report_.bytesRead = plan_.bytesRead;
        report_.bytesWritten = plan_.bytesWritten;
        report_.losses = lossesOf(plan_.files, ledger_);
        report_.peakAnonBytes = peak_.finish();
        report_.seconds = secondsSince(start_);
    }

    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    PeakAnon peak_;
    const Plan& plan_;
    ProgressSink& progress_;
    const std::stop_token& stop_;
    WorkShape shape_;
    std::optional<SourceGuard> guard_;
    std::optional<OutputSet> out_;
    std::optional<Journal> journal_;
    std::vector<Journal::Item> restored_;
    bool measures_ = false;  // loss; as an interrupted run did
    bool wrongOnDisk_ = false;
    PartLedger ledger_;
    ConvertReport report_;
};

}  // namespace

std::uint64_t progressBytes(const Plan& plan) noexcept {
    return plan.bytesRead + (plan.recipe.verify ? plan.bytesWritten - plan.indexJson.size() : 0);
}

Result<std::vector<RecordLoss>> previewLoss(const Plan& plan, ProgressSink& progress, std::stop_token stop) {
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

Result<ConvertReport> runPlan(const Plan& plan, ProgressSink& progress, std::stop_token stop) {
    return Conversion(plan, progress, stop).run();
}

Result<ConvertReport> runGenerated(const PlannedFile& file, bool overwrite, unsigned threads, const BlockSource& source,
                                   ProgressSink& progress, std::stop_token stop) {
    const auto start = std::chrono::steady_clock::now();
    PeakAnon peak;
    OutputRequest request;
    request.destination = file.path;
    request.overwrite = overwrite;
    request.files = {{file.path, file.bytes}};
    TRY(auto out, OutputSet::open(request));
    out.keep(false);
    // What is left of a conversion to the same name is gone with this.
    if (Journal::exists(journalPath(out))) {
        TRY_VOID(Journal::clear(journalPath(out)));
        Journal::remove(journalPath(out));
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
