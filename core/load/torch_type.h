// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "load/torch_headers.h"
#include "tensor/dtype.h"

namespace plimsoll {

// The torch type that holds elements of this dtype. Quantized dtypes are held as the integers they store: their scale
// and zero point are no part of the inventory. Nothing for types that torch has no whole-byte tensors of.
[[nodiscard]] std::optional<at::ScalarType> torchType(DType dtype) noexcept;

}  // namespace plimsoll
