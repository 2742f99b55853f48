// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tensor/dtype.h"

namespace plimsoll {

// A load strategy as users see it; the code is core/load/strategies/NAME.cpp.
struct StrategyInfo {
    enum class Casts : std::uint8_t { Never, WhenAsked, Always };  // Always: to bf16 where nothing is asked

    std::string_view name;
    std::string_view summary;  // one line: what it does to memory
    std::string_view snippet;  // the same in PyTorch, with marks that snippetOf() fills in
    Casts casts = Casts::Never;
};

// Every strategy that plimsoll-loader has, in the order of STRATEGIES.md.
[[nodiscard]] std::span<const StrategyInfo> strategies() noexcept;

// Null where there is none of this name.
[[nodiscard]] const StrategyInfo* findStrategy(std::string_view name) noexcept;

// The strategy in PyTorch, to copy: for this device, casting to what targetOf() says.
[[nodiscard]] std::string snippetOf(const StrategyInfo& strategy, std::string_view device, std::optional<DType> asked);

// The dtype to which the strategy casts floating-point tensors; nothing where it leaves them as they are.
[[nodiscard]] std::optional<DType> targetOf(const StrategyInfo& strategy, std::optional<DType> asked) noexcept;

}  // namespace plimsoll
