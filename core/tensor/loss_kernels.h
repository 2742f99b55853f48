// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

#include "tensor/cast_loss.h"

namespace plimsoll::kernels {

// Adds to all fields but `count`, with the widest instruction set of this machine.
//   largestError  an element that is further from its value than rounding can take it has overflowed
void addLoss(const float* before, const float* after, std::size_t n, float largestError, CastLoss& loss);
void addLoss(const double* before, const double* after, std::size_t n, double largestError, CastLoss& loss);

}  // namespace plimsoll::kernels
