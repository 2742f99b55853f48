// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/plan.h"
#include "convert/selection.h"
#include "convert/torch_layout.h"

namespace plimsoll {

// A tensor as torch and numpy hold it on its own: its elements in row-major order and nothing else.
struct PlainEntry {
    PlannedRecord record;  // its place is not set
    std::vector<std::uint64_t> shape;
    bool isParameter = false;
    bool requiresGrad = false;
    std::string_view location = "cpu";  // lives as long as the table
};

// A tensor's elements in row-major order, unpacked and cast to the pick's type; where they go is not set.
[[nodiscard]] PlannedRecord elementsRecord(const TensorTable& table, const Selection::Pick& pick);

//   errors  Unsupported, naming a tensor that torch cannot hold or that has no bytes
[[nodiscard]] Result<PlainEntry> plainEntry(const Checkpoint& source, const Selection::Pick& pick);

// One for each pick, in their order.
//   errors  as plainEntry, naming all such tensors; Cancelled
[[nodiscard]] Result<std::vector<PlainEntry>> plainEntries(const Checkpoint& source,
                                                           std::span<const Selection::Pick> picks,
                                                           const std::stop_token& stop);

// What torch.save(tensor) writes: an archive whose root is the tensor. It has no path yet.
[[nodiscard]] Result<PlannedFile> planTensorFile(PlainEntry entry, ArchiveUse use);

}  // namespace plimsoll
