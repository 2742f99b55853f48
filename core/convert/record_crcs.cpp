// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/record_crcs.h"

#include <algorithm>

#include <fmt/format.h>
#include <xxhash.h>

#include "zip/crc32.h"

namespace plimsoll {

RecordCrcs::RecordCrcs(std::span<const PlannedFile> files) : files_(files), complete_(files.size()) {
    for (std::size_t i = 0; i < files.size(); ++i)
        if (files[i].digest) complete_[i].resize(files[i].records.size());
}

std::optional<std::uint32_t> RecordCrcs::add(std::uint32_t file, std::uint32_t record, std::uint64_t offset,
                                             std::uint64_t blockBytes, std::uint32_t crc) {
    const auto bytes = files_[file].records[record].destinationBytes;
    const std::lock_guard lock(mutex_);
    auto whole = crc;
    if (bytes > blockBytes) {
        auto& pending = pending_[{file, record}];
        if (pending.crcs.empty()) {
            pending.crcs.resize(static_cast<std::size_t>((bytes + blockBytes - 1) / blockBytes));
            pending.left = pending.crcs.size();
        }
        pending.crcs[static_cast<std::size_t>(offset / blockBytes)] = crc;
        if (--pending.left != 0) return std::nullopt;
        whole = pending.crcs.front();
        for (std::size_t i = 1; i < pending.crcs.size(); ++i)
            whole = crc32Combine(whole, pending.crcs[i], std::min(blockBytes, bytes - i * blockBytes));
        pending_.erase({file, record});
    }
    if (!complete_[file].empty()) complete_[file][record] = whole;
    return whole;
}

std::string RecordCrcs::digest(std::uint32_t file) const {
    const auto& crcs = complete_[file];
    return fmt::format("{:020}", XXH3_64bits(crcs.data(), crcs.size() * sizeof(std::uint32_t)));
}

}  // namespace plimsoll
