// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

#include "audit/audit.h"
#include "audit/structure.h"

namespace plimsoll {

// Finds the optimizers among the tensors of Role::Optimizer ("PATH.state.KEY.exp_avg") and the weights that their state
// is about; fills report.optimizers and report.parameterOf. A KEY that is a name leads to the weight of that name. A
// number is a place in param_groups: it is linked where the shapes fit the weights of the file in one way only.
//   ownBytes  per tensor
// O(tensors) for each group of parameters.
void linkOptimizers(AuditReport& report, const ContentStructure& structure, std::span<const std::uint64_t> ownBytes);

}  // namespace plimsoll
