// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/work_queue.h"

#include <algorithm>

namespace plimsoll {

namespace {

// A batch of more records would leave the other workers without work at the end.
constexpr std::uint32_t kBatchRecords = 256;

std::uint64_t largerSide(const PlannedRecord& record) noexcept {
    return std::max(valueBytes(record), record.destinationBytes);
}

}  // namespace

std::uint64_t WorkQueue::blockOf(const PlannedRecord& record) const noexcept {
    if (record.elements == 0) return blockBytes_;
    const auto fromSize = valueBytes(record) / record.elements;
    const auto toSize = record.destinationBytes / record.elements;
    auto elements = blockBytes_ / std::max(fromSize, toSize);
    if (const auto block = blockShape(record.from).elements; block != 0) elements -= elements % block;
    return elements * toSize;
}

bool WorkQueue::isLeftOut(const WorkItem& item) const {
    return (item.number < done_.size() && done_[item.number]) || (!ownFiles_.empty() && !ownFiles_[item.file]);
}

bool WorkQueue::isAtEndOfFile(const Place& place) const noexcept {
    return place.record == files_[place.file].records.size();
}

std::optional<WorkItem> WorkQueue::next() {
    const std::lock_guard lock(mutex_);
    auto item = step(place_);
    while (item && isLeftOut(*item)) item = step(place_);
    return item;
}

std::optional<WorkItem> WorkQueue::next(Worker& worker, const ItemsAhead& ahead) {
    const std::lock_guard lock(mutex_);
    while (auto* const file = fileFor(worker)) {
        announceItems(*file, ahead);
        while (!isAtEndOfFile(file->place)) {
            auto item = step(file->place);
            if (isLeftOut(*item)) continue;
            if (ahead.bytes != 0) file->announcedBytes -= sourceBytesOf(*item);
            return item;
        }
        open_.erase(open_.begin() + (file - open_.data()));
    }
    return std::nullopt;
}

WorkQueue::OpenFile* WorkQueue::fileFor(Worker& worker) {
    const auto current = std::ranges::find(open_, worker.file, [](const OpenFile& file) { return file.place.file; });
    if (current != open_.end()) return &*current;
    if (place_.file != files_.size()) {
        worker.file = place_.file;
        open_.push_back({place_, 1, place_, 0});
        skipToNextFile(place_);
        return &open_.back();
    }
    if (open_.empty()) return nullptr;
    auto& emptiest = *std::ranges::min_element(open_, {}, &OpenFile::workers);
    worker.file = emptiest.place.file;
    ++emptiest.workers;
    return &emptiest;
}

// At least one item that is not handed out yet, where there is one.
void WorkQueue::announceItems(OpenFile& file, const ItemsAhead& ahead) const {
    while (file.announcedBytes < ahead.bytes && !isAtEndOfFile(file.announced)) {
        const auto item = step(file.announced);
        if (isLeftOut(*item)) continue;
        file.announcedBytes += sourceBytesOf(*item);
        ahead.announce(*item);
    }
}

std::uint64_t WorkQueue::sourceBytesOf(const WorkItem& item) const {
    const auto records = std::span(files_[item.file].records).subspan(item.record, item.records);
    if (item.records == 1) return plimsoll::sourceBytesOf(records.front(), item.bytes);
    std::uint64_t bytes = 0;
    for (const auto& record : records) bytes += sourceBytes(record);
    return bytes;
}

void WorkQueue::skipToNextFile(Place& place) const {
    while (!isAtEndOfFile(place)) static_cast<void>(step(place));
    ++place.file;
    place.record = 0;
}

std::optional<WorkItem> WorkQueue::step(Place& place) const {
    while (place.file < files_.size() && isAtEndOfFile(place)) skipToNextFile(place);
    if (place.file == files_.size()) return std::nullopt;
    const auto& record = files_[place.file].records[place.record];
    if (largerSide(record) <= blockBytes_) return stepBatch(place);
    WorkItem item{place.file,     place.record, 1, place.offset, record.destinationBytes - place.offset,
                  place.number++, place.part++};
    if (!inOrder_(record)) item.bytes = std::min(item.bytes, blockOf(record));
    place.offset += item.bytes;
    if (place.offset == record.destinationBytes) {
        ++place.record;
        place.offset = 0;
    }
    return item;
}

WorkItem WorkQueue::stepBatch(Place& place) const {
    const auto& records = files_[place.file].records;
    WorkItem item{place.file, place.record, 0, 0, 0, place.number++, place.part};
    std::uint64_t room = blockBytes_;
    while (place.record < records.size() && item.records < kBatchRecords && largerSide(records[place.record]) <= room) {
        room -= largerSide(records[place.record]);
        item.bytes += records[place.record].destinationBytes;
        ++item.records;
        ++place.record;
    }
    place.part += item.records;
    return item;
}

}  // namespace plimsoll
