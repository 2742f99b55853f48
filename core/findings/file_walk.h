// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace plimsoll {

struct WalkedFile {
    std::string path;
    std::string relativePath;  // to the directory that was asked for; the name for a single file
    std::uint64_t bytes = 0;
    std::string unusual;  // "a FIFO": not opened. Empty for a regular file
};

// The file (an http(s):// address is one, of a size not known yet), or every file below the directory, sorted by path.
// Symbolic links are followed, each directory is entered once whatever leads there.
//   errors  Io where `path` is not there or a directory cannot be listed
[[nodiscard]] Result<std::vector<WalkedFile>> walkFiles(const std::string& path);

}  // namespace plimsoll
