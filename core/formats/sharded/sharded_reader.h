// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "formats/reader.h"

namespace plimsoll {

// Reads the set that an index in `indexPath` describes: every shard of it into one table. See format.md.
//   file  checkpoint and values to fill; its FileId is not used
[[nodiscard]] Result<Format> readSharded(FileBeingRead file, const std::string& indexPath,
                                         const std::shared_ptr<const MappedFile>& index);

}  // namespace plimsoll
