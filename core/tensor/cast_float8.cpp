// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>

#include "tensor/cast_kernels.h"
#include "tensor/float_bits.h"

namespace plimsoll::kernels {

namespace {

constexpr std::array<std::array<std::uint32_t, 256>, 5> kTables = {
    floatbits::f8Table(DType::F8_E4M3FN),   floatbits::f8Table(DType::F8_E5M2),
    floatbits::f8Table(DType::F8_E4M3FNUZ), floatbits::f8Table(DType::F8_E5M2FNUZ),
    floatbits::f8Table(DType::F8_E8M0FNU),
};
static_assert(static_cast<int>(DType::F8_E8M0FNU) - static_cast<int>(DType::F8_E4M3FN) == 4);

}  // namespace

void widenF8(DType from, const std::uint8_t* src, std::uint32_t* dst, std::size_t n) {
    if (from < DType::F8_E4M3FN || from > DType::F8_E8M0FNU) return;
    const auto& table = kTables[static_cast<std::size_t>(from) - static_cast<std::size_t>(DType::F8_E4M3FN)];
    for (std::size_t i = 0; i < n; ++i) dst[i] = table[src[i]];
}

}  // namespace plimsoll::kernels
