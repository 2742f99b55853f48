// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>

#include "lab/supervisor.h"

namespace plimsoll {

namespace {

constexpr std::array<StrategyInfo, 3> kStrategies = {{
    {"baseline", "builds the model, then loads a whole state dict beside it: holds the weights twice"},
    {"mmap-assign", "maps the file and makes its pages the weights: file-backed memory that the kernel can drop"},
    {"streamed", "reads blocks past the page cache straight to their final place: the weights once, and nothing else"},
}};

}  // namespace

std::span<const StrategyInfo> strategies() noexcept {
    return kStrategies;
}

}  // namespace plimsoll
