// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "convert/plan.h"

namespace plimsoll {

// The bytes of a planned file that are not records, as they are once all checksums are known.
class FinalBlobs {
public:
    //   recordCrcs  CRC-32 of each record
    //   source      that archives are made of again; both outlive this. May be null where the file has none.
    FinalBlobs(const PlannedFile& file, std::span<const std::uint32_t> recordCrcs, const Checkpoint* source);

    // Bytes at an offset of the file; at most 1 MiB at a time.
    using Sink = std::function<Result<void>(std::uint64_t offset, std::span<const std::byte> bytes)>;
    // Hands out all of them; ends with the sink's first error.
    [[nodiscard]] Result<void> visit(const Sink& sink) const;

private:
    [[nodiscard]] Result<void> visitBlob(const PlannedBlob& blob, const Sink& sink) const;
    [[nodiscard]] Result<void> visitArchive(const PlannedArchive& archive, const Sink& sink) const;

    const PlannedFile& file_;
    const Checkpoint* source_;
    std::vector<std::uint32_t> archiveCrcs_;                        // CRC-32 of the record of each archive
    std::vector<std::pair<std::uint64_t, std::uint32_t>> numbers_;  // at which offset which CRC-32 stands; ascending
    PlannedBlob digits_;
};

using FileBlobs = std::pair<std::size_t, FinalBlobs>;  // which file of the plan

}  // namespace plimsoll
