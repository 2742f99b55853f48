// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "formats/file_set.h"
#include "formats/rank_dirs/rank_files.h"
#include "io/read_options.h"

namespace plimsoll {

// What a directory is: one of the three.
struct DirectoryContent {
    // The file that stands for it: its *.index.json (safetensors before PyTorch where both are there), the .metadata of
    // a distributed checkpoint, or the only checkpoint in it.
    std::string file;
    RankDirectory ranks;
    // Several checkpoints, in it or below: a directory with a file per tensor, if each holds one.
    std::vector<FileOfSet> tensorFiles;
};

// Looks at names, and at the first bytes of files. A directory that names its latest step is that step.
//   errors  Usage for several indexes (lists them), Unsupported for no checkpoint, Corrupt for a distributed checkpoint
//           without its .metadata, Io
[[nodiscard]] Result<DirectoryContent> lookInto(const std::string& directory, const ReadOptions& read);

// Usage: the directory holds these, which do not belong together.
[[nodiscard]] Error severalCheckpoints(const std::vector<FileOfSet>& files);

}  // namespace plimsoll
