// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "formats/dcp/dcp_metadata_writer.h"
#include "pickle/value.h"

namespace plimsoll {

// An entry of a nested state dict: a tensor, or whatever is not taken apart.
struct FlatItem {
    std::string name;  // the keys of `path`, joined by dots
    std::vector<DcpKey> path;
    Value value;
};

struct FlatState {
    std::vector<FlatItem> items;
    std::vector<std::string> dropped;  // "NAME: VALUE": what has no place beside entries (attributes of dicts)
};

// Takes a nested state dict apart as torch.distributed.checkpoint's flatten_state_dict does: dicts always, lists where
// a tensor or a dict lies in them; anything else is an entry. Dicts that are reached twice give entries twice.
//   errors  Unsupported (the root is no dict, two entries of one name, a name that is no UTF-8), OverLimit (nesting;
//           sharing that multiplies into more than a million entries)
[[nodiscard]] Result<FlatState> flattenState(const ValueTree& tree, Value root);

}  // namespace plimsoll
