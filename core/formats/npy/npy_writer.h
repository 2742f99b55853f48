// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tensor/dtype.h"

namespace plimsoll {

// numpy's name of the little-endian type ("<f4"); nothing where it has none.
[[nodiscard]] std::optional<std::string_view> numpyName(DType dtype) noexcept;

// What stands before the elements of a version 1.0 array in row-major order; a multiple of 64 bytes.
//   shape   at most 64 dimensions, which numpy has no more of
//   source  format.md
[[nodiscard]] std::string npyHeader(std::string_view type, std::span<const std::uint64_t> shape);

}  // namespace plimsoll
