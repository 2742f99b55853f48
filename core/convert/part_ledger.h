// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "convert/plan.h"
#include "convert/work_queue.h"
#include "tensor/cast_loss.h"

namespace plimsoll {

// What is known of a part of a record once it is written.
struct PartSummary {
    std::uint32_t crc = 0;  // CRC-32 of its bytes in the output
    CastLoss loss;          // where loss is measured and the record is cast
};

// The summaries of all parts, from items that are finished in any order by any thread.
class PartLedger {
public:
    using RecordKey = std::pair<std::uint32_t, std::uint32_t>;  // file, record

    explicit PartLedger(std::span<const PlannedFile> files) : files_(files) {}

    // parts: one per part of the item.
    void add(const WorkItem& item, std::span<const PartSummary> parts);

    // Once all items are in. CRC-32 of each record of a file.
    //   queue  a fresh one over the same files
    [[nodiscard]] std::vector<std::vector<std::uint32_t>> recordCrcs(WorkQueue& queue) const;
    // Of a part as it was handed in.
    [[nodiscard]] std::uint32_t crcOfPart(std::uint64_t part) const { return crcs_[part]; }
    void addLoss(const RecordKey& record, const CastLoss& loss);
    [[nodiscard]] const std::map<RecordKey, CastLoss>& losses() const noexcept { return losses_; }

private:
    std::span<const PlannedFile> files_;
    mutable std::mutex mutex_;
    std::vector<std::uint32_t> crcs_;  // by part
    std::map<RecordKey, CastLoss> losses_;
};

}  // namespace plimsoll
