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

std::optional<WorkItem> WorkQueue::next() {
    const std::lock_guard lock(mutex_);
    auto item = nextOfAll();
    while (item && isLeftOut(*item)) item = nextOfAll();
    return item;
}

bool WorkQueue::isLeftOut(const WorkItem& item) const {
    return (item.number < done_.size() && done_[item.number]) || (!ownFiles_.empty() && !ownFiles_[item.file]);
}

std::optional<WorkItem> WorkQueue::nextOfAll() {
    while (file_ < files_.size() && record_ == files_[file_].records.size()) {
        ++file_;
        record_ = 0;
    }
    if (file_ == files_.size()) return std::nullopt;
    const auto& file = files_[file_];
    const auto& record = file.records[record_];
    if (largerSide(record) <= blockBytes_) return nextBatch(file);
    WorkItem item{file_, record_, 1, offset_, record.destinationBytes - offset_, number_++, part_++};
    if (!inOrder_(record)) item.bytes = std::min(item.bytes, blockOf(record));
    offset_ += item.bytes;
    if (offset_ == record.destinationBytes) {
        ++record_;
        offset_ = 0;
    }
    return item;
}

WorkItem WorkQueue::nextBatch(const PlannedFile& file) {
    WorkItem item{file_, record_, 0, 0, 0, number_++, part_};
    std::uint64_t room = blockBytes_;
    while (record_ < file.records.size() && item.records < kBatchRecords && largerSide(file.records[record_]) <= room) {
        room -= largerSide(file.records[record_]);
        item.bytes += file.records[record_].destinationBytes;
        ++item.records;
        ++record_;
    }
    part_ += item.records;
    return item;
}

}  // namespace plimsoll
