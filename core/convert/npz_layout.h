// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "convert/plain_entry.h"
#include "convert/plan.h"

namespace plimsoll {

// The archive that numpy.savez would write: NAME.npy for each, stored.
//   errors  Unsupported, naming a tensor of a type that numpy has not (bfloat16, float8); Usage for names that a zip
//           cannot hold
[[nodiscard]] Result<PlannedFile> layoutNpz(std::string path, std::vector<PlainEntry> entries);

}  // namespace plimsoll
