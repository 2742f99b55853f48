// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "convert/plan.h"

namespace plimsoll {

// CRC-32 of records whose blocks are finished in any order by any thread.
class RecordCrcs {
public:
    explicit RecordCrcs(std::span<const PlannedFile> files);

    // The block at `offset` has this CRC. Gives the record's CRC once all its blocks are known.
    //   blockBytes  of all blocks but the last
    [[nodiscard]] std::optional<std::uint32_t> add(std::uint32_t file, std::uint32_t record, std::uint64_t offset,
                                                   std::uint64_t blockBytes, std::uint32_t crc);

    // The digits of PlannedDigest; all records of the file are complete.
    [[nodiscard]] std::string digest(std::uint32_t file) const;

private:
    struct Pending {
        std::vector<std::uint32_t> crcs;
        std::size_t left = 0;
    };
    std::span<const PlannedFile> files_;
    std::mutex mutex_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, Pending> pending_;  // records that are being written
    std::vector<std::vector<std::uint32_t>> complete_;                    // of files with a digest
};

}  // namespace plimsoll
