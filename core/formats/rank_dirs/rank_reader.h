// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/result.h"
#include "formats/rank_dirs/rank_files.h"
#include "formats/reader.h"

namespace plimsoll {

// Reads every rank's files into one table, each under the file's name; the values tell the partition. See format.md.
[[nodiscard]] Result<Format> readRankFiles(FileBeingRead& file, const RankDirectory& directory);

}  // namespace plimsoll
