// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace plimsoll::ui {

// The ways to show the tensors of a checkpoint, in the order of their switch.
enum class TensorShow : std::uint8_t { Tree, List, Treemap, FileMap };

}  // namespace plimsoll::ui
