// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/part_ledger.h"

#include <algorithm>

#include "zip/crc32.h"

namespace plimsoll {

void PartLedger::add(const WorkItem& item, std::span<const PartSummary> parts) {
    const std::lock_guard lock(mutex_);
    const auto end = item.firstPart + parts.size();
    if (end > crcs_.size()) crcs_.resize(end);
    for (std::uint32_t i = 0; i < parts.size(); ++i) {
        crcs_[item.firstPart + i] = parts[i].crc;
        if (parts[i].loss.count != 0) losses_[{item.file, item.record + i}].merge(parts[i].loss);
    }
}

void PartLedger::addLoss(const RecordKey& record, const CastLoss& loss) {
    const std::lock_guard lock(mutex_);
    losses_[record].merge(loss);
}

std::vector<std::vector<std::uint32_t>> PartLedger::recordCrcs(WorkQueue& queue) const {
    std::vector<std::vector<std::uint32_t>> crcs(files_.size());
    for (std::size_t i = 0; i < files_.size(); ++i) crcs[i].resize(files_[i].records.size());
    while (const auto item = queue.next()) {
        auto& records = crcs[item->file];
        if (item->records > 1) {
            for (std::uint32_t i = 0; i < item->records; ++i) records[item->record + i] = crcs_[item->firstPart + i];
            continue;
        }
        auto& crc = records[item->record];
        const auto part = crcs_[item->firstPart];
        crc = item->offset == 0 ? part : crc32Combine(crc, part, item->bytes);
    }
    return crcs;
}

}  // namespace plimsoll
