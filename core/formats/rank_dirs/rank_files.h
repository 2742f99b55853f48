// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "formats/file_set.h"
#include "io/read_options.h"

namespace plimsoll {

// Which part of the model or optimizer a file holds, as its name tells.
struct RankOfFile {
    std::optional<std::uint64_t> tensor;    // tensor-parallel ("model-parallel") rank
    std::optional<std::uint64_t> pipeline;  // pipeline stage
    std::optional<std::uint64_t> data;      // data-parallel rank: of a ZeRO partition
    std::optional<std::uint64_t> expert;
    std::optional<std::uint64_t> layer;
};

// A training framework's directory: a file, or several, per rank.
struct RankDirectory {
    Format format = Format::DeepSpeed;
    std::string tag;  // "global_step100", "iter_0001000"
    std::vector<FileOfSet> files;
    std::vector<RankOfFile> ranks;  // of each file
};

// "zero_pp_rank_0_mp_rank_00_optim_states.pt" and its like; nothing for other names.
[[nodiscard]] std::optional<RankOfFile> deepSpeedRank(std::string_view fileName);
// "mp_rank_00", "mp_rank_00_001", "mp_rank_00_001_000"; nothing for other names.
[[nodiscard]] std::optional<RankOfFile> megatronRank(std::string_view directoryName);

// The rank files in a DeepSpeed step's or Megatron iteration's directory; none where it is neither.
//   below  what comes before their paths, as "global_step100/"
[[nodiscard]] Result<RankDirectory> findRankFiles(const std::string& directory, const std::string& below);

// The directory of the step that a `latest` or `latest_checkpointed_iteration.txt` in this one names.
//   errors  Corrupt for a tag that leads elsewhere or nowhere, Io
[[nodiscard]] Result<std::optional<std::string>> findLatestStep(const std::string& directory, const ReadOptions& read);

}  // namespace plimsoll
