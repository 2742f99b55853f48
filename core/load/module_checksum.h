// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/result.h"
#include "load/module_tree.h"

namespace plimsoll {

// lab/checksum.h's checksum of what the modules hold, in whatever memory that is. Host memory is read in place, a
// device's by way of blocks of a few MiB. Corrupt, naming the tensor, where a module holds nothing under a name, or
// something of another type or shape.
[[nodiscard]] Result<std::string> moduleChecksum(const ModuleTree& tree);

}  // namespace plimsoll
