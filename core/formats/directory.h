// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/result.h"

namespace plimsoll {

// The file that stands for a directory: its *.index.json (safetensors before PyTorch where both are there), else the
// only checkpoint in it.
//   errors  Usage for none or several (lists them), Io
[[nodiscard]] Result<std::string> checkpointOfDirectory(const std::string& directory);

}  // namespace plimsoll
