// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/engine.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include "zip/crc32.h"

namespace plimsoll {

namespace {

class FirstError {
public:
    void set(Error error) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::move(error);
        failed_.store(true, std::memory_order_relaxed);
    }
    [[nodiscard]] bool failed() const noexcept { return failed_.load(std::memory_order_relaxed); }
    // Once no worker runs any more.
    [[nodiscard]] Result<void> result() const {
        if (error_) return fail(*error_);
        return {};
    }

private:
    std::mutex mutex_;
    std::optional<Error> error_;
    std::atomic<bool> failed_{false};
};

class Engine {
public:
    Engine(const EngineJob& job, ProgressSink& progress, const std::stop_token& stop)
        : job_(job),
          progress_(progress),
          stop_(stop),
          queue_(job.files, job.shape.blockBytes, job.inOrder, job.done, job.ownFiles) {}

    Result<void> run() {
        countDone();
        TRY_VOID(runOnThreads(job_.shape.threads, [this](const auto& failed) { return workItems(failed); }));
        if (stop_.stop_requested()) return cancelled();
        return {};
    }

private:
    using Failed = std::function<bool()>;

    void countDone() {
        if (std::ranges::find(job_.done, true) == job_.done.end()) return;
        auto all = itemsOf(job_);
        while (const auto item = all.next()) {
            if (item->number >= job_.done.size() || !job_.done[item->number]) continue;
            const auto records = std::span(job_.files[item->file].records).subspan(item->record, item->records);
            for (const auto& record : records)
                progress_.advance(item->records > 1 ? sourceBytes(record) : sourceBytesOf(record, item->bytes));
        }
    }

    Result<void> workItems(const Failed& failed) {
        const auto source = job_.makeSource();
        std::vector<std::byte> buffer(static_cast<std::size_t>(job_.shape.blockBytes));
        std::vector<PartSummary> parts;
        WorkQueue::Worker worker;
        while (!failed() && !stop_.stop_requested()) {
            const auto item = queue_.next(worker, job_.ahead);
            if (!item) break;
            parts.clear();
            bool whole = true;
            if (item->records > 1) {
                TRY_VOID(makeBatch(*item, source, buffer, parts));
            } else {
                TRY(whole, makeRange(*item, source, buffer, failed, parts));
            }
            if (whole) TRY_VOID(job_.finished(*item, parts));
        }
        return {};
    }

    // A part of a record, block by block. False where it was stopped.
    Result<bool> makeRange(const WorkItem& item, const BlockSource& source, std::span<std::byte> buffer,
                           const Failed& failed, std::vector<PartSummary>& parts) {
        const auto& record = job_.files[item.file].records[item.record];
        const auto blockBytes = queue_.blockOf(record);
        auto& part = parts.emplace_back();
        for (std::uint64_t done = 0; done < item.bytes;) {
            if (failed() || stop_.stop_requested()) return false;
            const auto offset = item.offset + done;
            const auto block = buffer.first(static_cast<std::size_t>(std::min(blockBytes, item.bytes - done)));
            TRY_VOID(source(record, offset, block, part.loss));
            TRY_VOID(job_.write(item.file, record.destinationOffset + offset, block));
            finishBlock(record, block, part);
            done += block.size();
        }
        return true;
    }

    // Small records; those that touch each other in the output are written together.
    Result<void> makeBatch(const WorkItem& item, const BlockSource& source, std::span<std::byte> buffer,
                           std::vector<PartSummary>& parts) {
        const auto& records = job_.files[item.file].records;
        std::uint64_t start = records[item.record].destinationOffset;
        std::size_t used = 0;
        for (auto i = item.record; i < item.record + item.records; ++i) {
            const auto& record = records[i];
            auto& part = parts.emplace_back();
            if (record.destinationBytes == 0) continue;
            if (record.destinationOffset != start + used) {
                TRY_VOID(job_.write(item.file, start, buffer.first(used)));
                start = record.destinationOffset;
                used = 0;
            }
            const auto block = buffer.subspan(used, static_cast<std::size_t>(record.destinationBytes));
            TRY_VOID(source(record, 0, block, part.loss));
            finishBlock(record, block, part);
            used += block.size();
        }
        return job_.write(item.file, start, buffer.first(used));
    }

    void finishBlock(const PlannedRecord& record, std::span<const std::byte> block, PartSummary& part) {
        part.crc = crc32(part.crc, block);
        progress_.advance(sourceBytesOf(record, block.size()));
    }

    const EngineJob& job_;
    ProgressSink& progress_;
    const std::stop_token& stop_;
    WorkQueue queue_;
};

}  // namespace

Result<void> runOnThreads(unsigned threads, const Work& work) {
    FirstError firstError;
    const auto guarded = [&]() noexcept {
        Result<void> done;
        try {
            done = work([&firstError] { return firstError.failed(); });
        } catch (const std::bad_alloc&) {
            done = fail(Errc::Io, "out of memory");
        }
        if (!done) firstError.set(std::move(done.error()));
    };
    {
        std::vector<std::jthread> workers;
        try {
            for (unsigned i = 1; i < threads; ++i) workers.emplace_back(guarded);
        } catch (const std::system_error&) {
            // The system refuses more threads: those that run, and this one, do the work.
        }
        guarded();
    }
    return firstError.result();
}

WorkQueue itemsOf(const EngineJob& job) {
    return WorkQueue(job.files, job.shape.blockBytes, job.inOrder, {}, job.ownFiles);
}

Result<void> moveRecords(const EngineJob& job, ProgressSink& progress, const std::stop_token& stop) {
    return Engine(job, progress, stop).run();
}

}  // namespace plimsoll
