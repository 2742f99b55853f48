// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/composites.h"
#include "convert/plain_entry.h"
#include "convert/plan.h"
#include "convert/selection.h"

namespace plimsoll {

// The files of a directory with one file per tensor, as formats/tensors/format.md has it.
struct TensorFilesPlan {
    std::vector<PlannedFile> files;
    std::map<std::string, std::string> fileOfTensor;  // for the index
    std::uint64_t tensorBytes = 0;
    std::vector<Selection::Pick> parts;  // rows that composites are made of
    std::vector<std::string> notes;
};

//   entries  the plain tensors; their names and those of the composites are those of the output
//   errors   Unsupported, naming what torch cannot hold; Cancelled
[[nodiscard]] Result<TensorFilesPlan> planTensorFiles(const Checkpoint& source, const Selection& selection,
                                                      std::vector<PlainEntry> entries,
                                                      std::span<const Composite> composites,
                                                      const std::string& destination, const std::stop_token& stop);

}  // namespace plimsoll
