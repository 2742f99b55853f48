// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/ids.h"
#include "checkpoint/tensor_table.h"

namespace plimsoll {

// True where a tensor's elements can be used where they lie in a mapped file: stored as they are, little-endian, at a
// multiple of their size, and no conjugate or negative of what is stored.
[[nodiscard]] bool usableInPlace(const TensorTable& tensors, TensorId id) noexcept;

}  // namespace plimsoll
