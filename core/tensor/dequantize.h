// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "tensor/dtype.h"

namespace plimsoll {

// The type in which a tensor's values can be had: f32 for the ggml block types that dequantizeBlocks knows, else its
// own.
[[nodiscard]] DType valueType(DType dtype) noexcept;

// True where valueType is another type.
[[nodiscard]] bool isQuantizedBlock(DType dtype) noexcept;

// Whole blocks as f32, bit for bit as the gguf package computes them: q4_0 q4_1 q5_0 q5_1 q8_0 q2_k ... q6_k
// iq1_s ... iq4_xs mxfp4 nvfp4 tq1_0 tq2_0; and as ggml does those that the package leaves out: q8_k q1_0. Files have
// no q8_1, the only one without values.
//   blocks  n blocks as the file has them, any alignment
//   values  n * blockShape(dtype).elements
//   errors  Unsupported for any other type, OutOfBounds where the sizes do not belong together
//   cost    O(n), no allocation; safe from any thread
//   source  ggml-common.h (layouts), gguf/quants.py (order of the operations), ggml-quants.c (q8_k, q1_0)
[[nodiscard]] Result<void> dequantizeBlocks(DType dtype, std::span<const std::byte> blocks, std::span<float> values);

}  // namespace plimsoll
