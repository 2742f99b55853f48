// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tensor/block_bits.h"
#include "tensor/dtype.h"

namespace plimsoll {

// What unpacks a block of a type whose values are points of a lattice (iq1_s iq1_m iq2_xxs iq2_xs iq2_s iq3_xxs iq3_s),
// null for any other; see dequantizeBlocks.
[[nodiscard]] blockbits::Kernel gridKernelOf(DType dtype) noexcept;

}  // namespace plimsoll
