// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "formats/file_set.h"
#include "formats/reader.h"

namespace plimsoll {

// Reads files that hold one tensor each, without a name or under their own: it gets that of the file. See format.md.
// Nothing, and nothing added to the checkpoint, where one of them holds anything else.
[[nodiscard]] Result<std::optional<Format>> readTensorFiles(FileBeingRead& file, const std::vector<FileOfSet>& files);

// The tensor's name that a file's path below the directory spells.
[[nodiscard]] std::string tensorNameOfPath(const std::string& relativePath);

}  // namespace plimsoll
