// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "audit/audit.h"

namespace plimsoll {

// The layer of a tensor: its name up to the first number that is not its end ("model.layers.3"), else its module.
struct LayerName {
    std::string_view name;
    bool numbered = false;
};
[[nodiscard]] LayerName layerOf(std::string_view tensorName) noexcept;

// The expert that a tensor belongs to; empty where it is part of none. `fused` as in ExpertSum.
struct ExpertName {
    std::string_view name;
    std::uint64_t fused = 0;
};
[[nodiscard]] ExpertName expertOf(std::string_view tensorName, std::span<const std::uint64_t> shape) noexcept;

// Fills layers, experts, dtypes and the sums of total, roles and rules from rules, ruleOf and parameterOf.
//   ownBytes  per tensor
void addSums(AuditReport& report, std::span<const std::uint64_t> ownBytes);

}  // namespace plimsoll
