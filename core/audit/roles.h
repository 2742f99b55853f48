// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "audit/audit.h"
#include "audit/structure.h"

namespace plimsoll {

// The role of every tensor, and the rule that gave it. What the file states comes first (an optimizer's mapping, a
// module's _buffers, torch.nn.Parameter); a state dict states nothing, so the rest goes by names and types, and the
// words of those rules say "looks like". The sums of the rules are left to the caller.
struct TensorRoles {
    std::vector<RoleRule> rules;
    std::vector<std::uint8_t> ruleOf;
};

// O(bytes of names).
[[nodiscard]] TensorRoles assignRoles(const Checkpoint& checkpoint, const ContentStructure& structure);

}  // namespace plimsoll
