// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/write_blobs.h"

namespace plimsoll {

Result<std::vector<FileBlobs>> writeBlobs(const EngineJob& job, const PartLedger& ledger, const OutputSet& out,
                                          const std::stop_token& stop) {
    auto all = itemsOf(job);
    const auto crcs = ledger.recordCrcs(all);
    std::vector<FileBlobs> blobs;
    for (std::size_t file = 0; file < job.files.size(); ++file) {
        if (!job.ownFiles.empty() && !job.ownFiles[file]) continue;
        blobs.emplace_back(file, FinalBlobs(job.files[file], crcs[file], job.source));
        TRY_VOID(blobs.back().second.visit([&](std::uint64_t offset, std::span<const std::byte> bytes) -> Result<void> {
            if (stop.stop_requested()) return cancelled();
            return out.writeAt(file, offset, bytes);
        }));
    }
    return blobs;
}

}  // namespace plimsoll
