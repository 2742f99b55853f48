// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/conversion.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/glob.h"
#include "convert/checkpoint_blocks.h"
#include "convert/destination.h"
#include "convert/marker.h"
#include "convert/put_bytes.h"
#include "convert/resume.h"
#include "convert/verify.h"
#include "convert/write_behind.h"
#include "convert/write_blobs.h"

namespace plimsoll {

namespace {

// 0 where there is nothing.
std::uint64_t inodeOf(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

// What one process knows that decides whether the rest of a failed conversion stays.
struct Remains {
    std::uint64_t items = 0;
    bool useless = false;  // the source changed, or what is on the disk is wrong
};

// What one process adds to the report; losses follow.
struct Sums {
    std::uint64_t resumedBytes = 0;
    std::uint64_t peakAnonBytes = 0;
};

}  // namespace

Result<ConvertReport> Conversion::run() {
    TRY_VOID(agree(team_, prepare()));
    TRY_VOID(agree(team_, leads() ? lead() : Result<void>()));
    auto done = tellAndFollow();
    if (done) {
        done = runTogether(team_, progress_, stop_, [this](ProgressSink& progress, const std::stop_token& stop) {
            return makeFiles(progress, stop);
        });
    }
    if (done) done = agree(team_, leads() ? out_->commit() : Result<void>());
    if (!done) {
        leaveOrRemove(done.error());
        return fail(std::move(done.error()));
    }
    if (leads()) {
        const auto path = journalPathOf(out_->partialPath());
        Journal::remove(path);
        if (team_.size() > 1) Journal::removeRanks(path);
    }
    TRY_VOID(fillReport());
    return std::move(report_);
}

Result<void> Conversion::prepare() {
    TRY(shape_, shapeWork(plan_.recipe.memoryBytes, plan_.recipe.threads));
    TRY(guard_, SourceGuard::watch(*plan_.source));
    TRY(header_, journalHeader(plan_, *guard_, shape_));
    if (team_.size() == 1) return {};
    for (const unsigned rank : divideFiles(plan_.files, team_.size())) ownFiles_.push_back(rank == team_.rank());
    ownsAny_ = std::ranges::find(ownFiles_, true) != ownFiles_.end();
    return {};
}

Result<void> Conversion::lead() {
    TRY(out_, OutputSet::open(outputRequest(plan_, *guard_)));
    TRY(header_.outputInode, out_->inode());
    header_.id = Journal::newId();
    TRY_VOID(begin());
    return team_.size() > 1 ? out_->share() : Result<void>();
}

// Goes on with what is left of an earlier run, where that is asked for, or starts anew.
Result<void> Conversion::begin() {
    const auto path = journalPathOf(out_->partialPath());
    if (plan_.recipe.resume) {
        TRY(auto content, Journal::readWithRanks(path));
        // The journal of a finished run, which was killed before it could remove it: the output is empty, or what that
        // run replaced.
        TRY(const bool fresh, out_->isEmpty());
        const bool finished = content && inodeOf(plan_.recipe.destination) == content->header.outputInode;
        if (content && !content->items.empty() && !fresh && !finished) return resume(*content, path);
    }
    if (!out_->mayBeEmptied() && !Journal::exists(path)) {
        return fail(Error{Errc::Usage, kNoOffset,
                          "holds files, and no journal says that a conversion left them (remove it)",
                          out_->partialPath()});
    }
    auto started = startAnew(path);
    if (!started) removeOutput();
    return started;
}

Result<void> Conversion::startAnew(const std::string& path) {
    const bool isLeft = Journal::exists(path);
    TRY_VOID(Journal::clear(path));
    if (isLeft) Journal::removeRanks(path);
    TRY_VOID(out_->reserve());
    TRY(auto journal, Journal::start(path, header_));
    journal_.emplace(std::move(journal));
    return {};
}

Result<void> Conversion::resume(Journal::Content& content, const std::string& path) {
    TRY_VOID(checkResumable(content, header_, plan_, *out_, shape_));
    TRY_VOID(out_->checkSpace());
    header_.measuresLoss = content.header.measuresLoss;
    header_.blockBytes = shape_.blockBytes;
    // What this start of the system has only in its page cache counts as well: now it is on the disk.
    TRY_VOID(out_->sync(stop_));
    TRY(auto journal, Journal::replace(path, header_, content.items));
    journal_.emplace(std::move(journal));
    Journal::removeRanks(path);
    restored_ = std::move(content.items);
    return {};
}

// The header of the journal says all that the others must know.
Result<void> Conversion::tellAndFollow() {
    report_.lossIsKnown = header_.measuresLoss;
    if (team_.size() == 1) return {};
    Team::Message mine;
    if (leads()) {
        put(mine, !restored_.empty());
        putText(mine, Journal::textOf(header_));
    }
    TRY(const auto told, team_.all(mine));
    return agree(team_, leads() ? Result<void>() : follow(told.front()));
}

Result<void> Conversion::follow(const Team::Message& told) {
    const auto header = told.empty() ? std::nullopt : Journal::headerFrom(asText(std::span(told).subspan(1)));
    if (!header) return fail(Errc::Corrupt, "the rank that leads is of another version");
    if (const auto change = differenceOf(*header, header_))
        return fail(Errc::Usage, "this rank does not see what the one that leads sees: " + *change);
    header_ = *header;
    report_.lossIsKnown = header_.measuresLoss;
    if (!ownsAny_) return {};
    if (!takeBlocks(shape_, header_.blockBytes, plan_.recipe.memoryBytes))
        return fail(Errc::Usage,
                    fmt::format("its blocks need a memory bound of {}", formatByteSize(shape_.memoryBytes())));
    TRY(out_, OutputSet::join(outputRequest(plan_, *guard_)));
    TRY(const auto inode, out_->inode());
    if (inode != header_.outputInode)
        return fail(Error{Errc::Usage, kNoOffset, "is another directory for this rank: all need the same file system",
                          out_->partialPath()});
    TRY_VOID(out_->takeOver());
    const auto leading = journalPathOf(out_->partialPath());
    if (told.front() != std::byte{0}) {
        TRY(auto content, Journal::read(leading));
        if (!content || content->header.id != header_.id)
            return fail(Error{Errc::Corrupt, kNoOffset, "is not the journal that the rank that leads wrote", leading});
        restored_ = std::move(content->items);
    }
    const auto path = Journal::pathOfRank(leading, team_.rank());
    TRY_VOID(Journal::clear(path));
    TRY(auto journal, Journal::start(path, header_));
    journal_.emplace(std::move(journal));
    return {};
}

EngineJob Conversion::makeJob() {
    EngineJob job;
    job.files = plan_.files;
    job.source = plan_.source.get();
    job.shape = shape_;
    job.ownFiles = ownFiles_;
    job.inOrder = onlyForward(plan_);
    job.write = [this](std::size_t file, std::uint64_t offset, std::span<const std::byte> bytes) {
        return out_->writeAt(file, offset, bytes);
    };
    return job;
}

Result<void> Conversion::moveAll(EngineJob job, ProgressSink& progress, const std::stop_token& stop) {
    const auto files =
        ownFiles_.empty() ? job.files.size() : static_cast<std::size_t>(std::ranges::count(ownFiles_, true));
    // Workers write into files of their own, each of which is a run of reads.
    const auto runs = std::min<std::size_t>(shape_.threads, files);
    auto windows = ReadAhead::Shape::of(shape_.aheadBytes, runs);
    // A block that needs several windows would push out those of the other workers.
    if (windows.windowBytes < shape_.blockBytes) windows = {};
    ReadAhead ahead(windows);
    WriteBehind behind(job.files, *out_);
    job.ahead = {windows.aheadBytes(runs), [&](const WorkItem& item) { expectItem(plan_, item, ahead); }};
    job.makeSource = [&] { return checkpointBlocks(plan_, shape_.blockBytes, header_.measuresLoss, stop, &ahead); };
    job.finished = [&](const WorkItem& item, std::span<const PartSummary> parts) -> Result<void> {
        TRY_VOID(behind.wrote(item));
        ledger_.add(item, parts);
        return journal_->add(item, parts);
    };
    return moveRecords(job, progress, stop);
}

// What the journal says is done counts as done.
void Conversion::restore(EngineJob& job) {
    if (restored_.empty()) return;
    std::vector<const Journal::Item*> byNumber;
    for (const auto& item : restored_) {
        if (item.number >= byNumber.size()) byNumber.resize(item.number + 1);
        byNumber[item.number] = &item;
    }
    job.done.assign(byNumber.size(), false);
    auto all = itemsOf(job);
    while (const auto item = all.next()) {
        const auto* const known = item->number < byNumber.size() ? byNumber[item->number] : nullptr;
        if (known == nullptr || known->parts.size() != item->records) continue;
        job.done[item->number] = true;
        ledger_.add(*item, known->parts);
        for (std::uint32_t i = 0; i < item->records; ++i) {
            const auto& record = job.files[item->file].records[item->record + i];
            report_.resumedBytes += sourceBytesOf(record, item->records > 1 ? record.destinationBytes : item->bytes);
        }
    }
    restored_ = {};
}

Result<void> Conversion::makeFiles(ProgressSink& progress, const std::stop_token& stop) {
    if (ownsAny_ || leads()) {
        auto job = makeJob();
        restore(job);
        TRY_VOID(writeAndVerify(job, progress, stop));
    }
    TRY_VOID(guard_->check());
    if (stop.stop_requested()) return cancelled();
    // A file that is removed while it is open leaves another one behind on network file systems.
    if (!leads() && journal_) {
        itemsDone_ = journal_->added();
        journal_.reset();
    }
    return {};
}

Result<void> Conversion::writeAndVerify(EngineJob& job, ProgressSink& progress, const std::stop_token& stop) {
    {
        Marker marker(*journal_, *out_);
        TRY_VOID(moveAll(job, progress, stop));
        TRY_VOID(marker.finish());
    }
    TRY(const auto blobs, writeBlobs(job, ledger_, *out_, stop));
    if (leads() && !plan_.indexPath.empty())
        TRY_VOID(out_->writeAt(plan_.files.size(), 0, std::as_bytes(std::span(plan_.indexJson))));
    TRY_VOID(out_->sync(stop));
    if (!plan_.recipe.verify) return {};
    auto verified = verifyOutput(job, ledger_, blobs, *out_, progress, stop);
    wrongOnDisk_ = !verified && verified.error().code == Errc::Corrupt;
    return verified;
}

// What was done stays for a later run, unless there is nothing, it is wrong, or of a source that is no more.
void Conversion::leaveOrRemove(const Error& error) {
    const bool sourceChanged = error.code != Errc::Cancelled && !guard_->check();
    Team::Message mine;
    put(mine, Remains{journal_ ? journal_->added() : itemsDone_, sourceChanged || wrongOnDisk_});
    const auto all = team_.all(mine);
    if (!leads()) return;
    std::uint64_t items = 0;
    bool useless = false;
    for (const auto& message : all ? *all : std::vector<Team::Message>()) {
        Remains remains;
        if (message.size() != sizeof remains) continue;
        std::memcpy(&remains, message.data(), sizeof remains);
        items += remains.items;
        useless = useless || remains.useless;
    }
    // Where the others do not answer any more, what they did is not known: it stays.
    const bool stays = !all || (items != 0 && !useless);
    if (stays)
        out_->keep(true);
    else
        removeOutput();
}

void Conversion::removeOutput() noexcept {
    const auto path = journalPathOf(out_->partialPath());
    out_->keep(false);
    Journal::remove(path);
    if (team_.size() > 1) Journal::removeRanks(path);
}

Result<void> Conversion::fillReport() {
    for (const auto& file : plan_.files) report_.files.push_back(file.path);
    if (!plan_.indexPath.empty()) report_.files.push_back(plan_.indexPath);
    report_.tensors = plan_.tensors;
    report_.bytesRead = plan_.bytesRead;
    report_.bytesWritten = plan_.bytesWritten;
    report_.verified = plan_.recipe.verify;
    report_.peakAnonBytes = peak_.finish();
    if (team_.size() > 1) {
        Team::Message mine;
        put(mine, Sums{report_.resumedBytes, report_.peakAnonBytes});
        for (const auto& [record, loss] : ledger_.losses()) {
            put(mine, record.first);
            put(mine, record.second);
            put(mine, loss);
        }
        TRY(const auto said, team_.atLeader(mine));
        for (std::size_t rank = 1; rank < said.size(); ++rank) addReport(said[rank]);
    }
    for (const auto& [key, loss] : ledger_.losses()) {
        const auto& record = plan_.files[key.first].records[key.second];
        report_.losses.push_back({record.name, record.from, record.to, loss});
    }
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    return {};
}

// Of another rank.
void Conversion::addReport(const Team::Message& said) {
    struct Entry {
        std::uint32_t file = 0;
        std::uint32_t record = 0;
        CastLoss loss;
    };
    static_assert(sizeof(Entry) == 2 * sizeof(std::uint32_t) + sizeof(CastLoss));
    Sums sums;
    if (said.size() < sizeof sums) return;
    std::memcpy(&sums, said.data(), sizeof sums);
    report_.resumedBytes += sums.resumedBytes;
    report_.peakAnonBytes = std::max(report_.peakAnonBytes, sums.peakAnonBytes);
    for (std::size_t at = sizeof sums; said.size() - at >= sizeof(Entry); at += sizeof(Entry)) {
        Entry entry;
        std::memcpy(&entry, said.data() + at, sizeof entry);
        const bool isKnown = entry.file < plan_.files.size() && entry.record < plan_.files[entry.file].records.size();
        if (isKnown) ledger_.addLoss({entry.file, entry.record}, entry.loss);
    }
}

}  // namespace plimsoll
