// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/result.h"
#include "formats/reader.h"
#include "formats/torch_tar/tar_members.h"

namespace plimsoll {

// torch.save of 0.1: a tar archive with the members sys_info, pickle, storages, tensors. See format.md.
[[nodiscard]] Result<Format> readTorchTar(FileBeingRead& file);

}  // namespace plimsoll
