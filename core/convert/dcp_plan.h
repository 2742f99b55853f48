// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/plan.h"
#include "convert/selection.h"

namespace plimsoll {

// A directory of torch.distributed.checkpoint.
struct DcpPlan {
    std::vector<PlannedFile> files;      // the last one is `.metadata`
    std::vector<Selection::Pick> picks;  // all tensors, aliases included; names are the source's or lie here:
    std::vector<std::string> names;
    std::vector<std::string> dropped;
    std::vector<std::string> notes;
};

// The selection as torch.distributed.checkpoint.save would write it on one rank: a torch.save archive for each entry of
// the flattened state dict, divided among files as the recipe wants shards. Tied tensors are entries of one archive.
//   tree, root  the nested state dict, whose tensors are rows of the source
//   errors      as flattenState; Unsupported, naming the tensors that torch cannot hold; Usage (more shards than
//               entries); Overflow; Cancelled
[[nodiscard]] Result<DcpPlan> planDcpNested(const Checkpoint& source, const Selection& selection, const Recipe& recipe,
                                            const ValueTree& tree, Value root, const std::stop_token& stop = {});
// The same for a source without nesting: the selection's picks under their names.
[[nodiscard]] Result<DcpPlan> planDcpFlat(const Checkpoint& source, const Selection& selection, const Recipe& recipe,
                                          const std::stop_token& stop = {});

}  // namespace plimsoll
