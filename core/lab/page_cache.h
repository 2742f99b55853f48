// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "checkpoint/checkpoint.h"

namespace plimsoll {

// What a load test finds in the page cache of its files.
enum class CacheState : std::uint8_t { AsIs, Cold, Warm };

// "as-is", "cold", "warm".
[[nodiscard]] std::string_view cacheStateName(CacheState state) noexcept;
[[nodiscard]] std::optional<CacheState> cacheStateFromName(std::string_view name) noexcept;

// The files that a load reads: of the checkpoint, or where given, all of the directory with one file per tensor.
[[nodiscard]] std::vector<std::string> filesToLoad(const Checkpoint& checkpoint, const std::string& tensorFiles);

// The share (0 to 1) of the files' pages that the page cache holds (residentPages); nothing where that cannot be told.
[[nodiscard]] std::optional<double> cachedShare(std::span<const std::string> files);

// Cold: the files' own pages are given up (posix_fadvise; pages that a process has mapped stay). Warm: the files are
// read once; progress counts bytes. Errors: Io, Cancelled.
[[nodiscard]] Result<void> prepareCache(CacheState state, std::span<const std::string> files, ProgressSink& progress,
                                        const std::stop_token& stop);

}  // namespace plimsoll
