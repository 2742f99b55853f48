// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/engine.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/byte_cursor.h"
#include "base/limits.h"
#include "convert/record_crcs.h"
#include "zip/crc32.h"

namespace plimsoll {

namespace {

constexpr std::size_t kBlobChunk = 4 * limits::MiB;

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
    Engine(const EngineJob& job, const OutputSet& out, ProgressSink& progress, const std::stop_token& stop)
        : job_(job),
          out_(out),
          progress_(progress),
          stop_(stop),
          queue_(job.files, job.shape.blockBytes, job.inOrder),
          crcs_(job.files) {}

    Result<void> run() {
        TRY_VOID(writeBlobs());
        TRY_VOID(runWorkers());
        return writeDigests();
    }

private:
    Result<void> writeBlobs() const {
        for (std::size_t file = 0; file < job_.files.size(); ++file)
            for (const auto& blob : job_.files[file].blobs)
                for (std::size_t at = 0; at < blob.bytes.size(); at += kBlobChunk) {
                    if (stop_.stop_requested()) return cancelled();
                    const auto part = std::span(blob.bytes).subspan(at, std::min(kBlobChunk, blob.bytes.size() - at));
                    TRY_VOID(out_.writeAt(file, blob.offset + at, part));
                }
        return {};
    }

    Result<void> runWorkers() {
        {
            std::vector<std::jthread> workers;
            try {
                for (unsigned i = 1; i < job_.shape.threads; ++i) workers.emplace_back([this] { work(); });
            } catch (const std::system_error&) {
                // The system refuses more threads: those that run, and this one, do the work.
            }
            work();
        }
        TRY_VOID(firstError_.result());
        if (stop_.stop_requested()) return cancelled();
        return {};
    }

    void work() noexcept {
        Result<void> done;
        try {
            done = workItems();
        } catch (const std::bad_alloc&) {
            done = fail(Errc::Io, "out of memory");
        }
        if (!done) firstError_.set(std::move(done.error()));
    }

    Result<void> workItems() {
        const auto source = job_.makeSource();
        std::vector<std::byte> buffer(static_cast<std::size_t>(job_.shape.blockBytes));
        while (!firstError_.failed() && !stop_.stop_requested()) {
            const auto item = queue_.next();
            if (!item) break;
            if (item->records > 1)
                TRY_VOID(makeBatch(*item, source, buffer));
            else
                TRY_VOID(makeRange(*item, source, buffer));
        }
        return {};
    }

    // A part of a record, block by block.
    Result<void> makeRange(const WorkItem& item, const BlockSource& source, std::span<std::byte> buffer) {
        const auto& record = job_.files[item.file].records[item.record];
        const auto blockBytes = queue_.blockOf(record);
        for (std::uint64_t done = 0; done < item.bytes;) {
            if (firstError_.failed() || stop_.stop_requested()) return {};
            const auto offset = item.offset + done;
            const auto block = buffer.first(static_cast<std::size_t>(std::min(blockBytes, item.bytes - done)));
            TRY_VOID(source(record, offset, block));
            TRY_VOID(out_.writeAt(item.file, record.destinationOffset + offset, block));
            TRY_VOID(finishBlock(item.file, item.record, offset, block));
            done += block.size();
        }
        return {};
    }

    // Small records; those that touch each other in the output are written together.
    Result<void> makeBatch(const WorkItem& item, const BlockSource& source, std::span<std::byte> buffer) {
        const auto& records = job_.files[item.file].records;
        std::uint64_t start = records[item.record].destinationOffset;
        std::size_t used = 0;
        for (auto i = item.record; i < item.record + item.records; ++i) {
            const auto& record = records[i];
            if (record.destinationBytes == 0) continue;
            if (record.destinationOffset != start + used) {
                TRY_VOID(out_.writeAt(item.file, start, buffer.first(used)));
                start = record.destinationOffset;
                used = 0;
            }
            const auto block = buffer.subspan(used, static_cast<std::size_t>(record.destinationBytes));
            TRY_VOID(source(record, 0, block));
            TRY_VOID(finishBlock(item.file, i, 0, block));
            used += block.size();
        }
        return out_.writeAt(item.file, start, buffer.first(used));
    }

    Result<void> finishBlock(std::uint32_t file, std::uint32_t index, std::uint64_t offset,
                             std::span<const std::byte> block) {
        const auto& record = job_.files[file].records[index];
        if (!record.crcPlaces.empty()) {
            const auto whole = crcs_.add(file, index, offset, queue_.blockOf(record), crc32(0, block));
            if (whole) TRY_VOID(writeNumber(file, record.crcPlaces, *whole));
        }
        progress_.advance(block.size() / (record.destinationBytes / record.elements) *
                          (sourceBytes(record) / record.elements));
        return {};
    }

    Result<void> writeNumber(std::size_t file, const std::vector<std::uint64_t>& places, std::uint32_t number) const {
        const auto bytes = std::as_bytes(std::span(&number, 1));
        for (const auto place : places) TRY_VOID(out_.writeAt(file, place, bytes));
        return {};
    }

    Result<void> writeDigests() const {
        for (std::uint32_t file = 0; file < job_.files.size(); ++file) {
            const auto& digest = job_.files[file].digest;
            if (!digest) continue;
            const auto digits = crcs_.digest(file);
            TRY_VOID(out_.writeAt(file, digest->offset, asBytes(digits)));
            TRY_VOID(writeNumber(file, digest->crcPlaces, crc32(digest->crcBefore, asBytes(digits))));
        }
        return {};
    }

    const EngineJob& job_;
    const OutputSet& out_;
    ProgressSink& progress_;
    const std::stop_token& stop_;
    WorkQueue queue_;
    RecordCrcs crcs_;
    FirstError firstError_;
};

}  // namespace

Result<void> writeFiles(const EngineJob& job, const OutputSet& out, ProgressSink& progress,
                        const std::stop_token& stop) {
    return Engine(job, out, progress, stop).run();
}

}  // namespace plimsoll
