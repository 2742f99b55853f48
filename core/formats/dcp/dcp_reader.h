// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "formats/reader.h"

namespace plimsoll {

// True for the name of the file that stands for a torch.distributed.checkpoint directory.
[[nodiscard]] bool isDcpMetadata(const std::string& path);

// Reads the directory that the `.metadata` file describes: every item of it into one table. See format.md.
//   file  checkpoint and values to fill; its FileId is not used
[[nodiscard]] Result<Format> readDcp(FileBeingRead file, const std::string& metadataPath,
                                     const std::shared_ptr<const MappedFile>& metadata);

}  // namespace plimsoll
