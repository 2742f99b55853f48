// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/npy/npy_writer.h"

#include <fmt/format.h>

#include "base/checked.h"

namespace plimsoll {

std::optional<std::string_view> numpyName(DType dtype) noexcept {
    switch (dtype) {
        case DType::F64:
            return "<f8";
        case DType::F32:
            return "<f4";
        case DType::F16:
            return "<f2";
        case DType::I64:
            return "<i8";
        case DType::I32:
            return "<i4";
        case DType::I16:
            return "<i2";
        case DType::I8:
            return "|i1";
        case DType::U64:
            return "<u8";
        case DType::U32:
            return "<u4";
        case DType::U16:
            return "<u2";
        case DType::U8:
            return "|u1";
        case DType::Bool:
            return "|b1";
        case DType::C64:
            return "<c8";
        case DType::C128:
            return "<c16";
        default:
            return std::nullopt;
    }
}

std::string npyHeader(std::string_view type, std::span<const std::uint64_t> shape) {
    std::string dict = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': (", type);
    for (const std::uint64_t size : shape) dict += fmt::format("{},", size);
    dict += "), }";
    // Magic, version and length are 10 bytes; all of it, with the line end, is a multiple of 64.
    dict.resize(alignUp(10 + dict.size() + 1, 64) - 10 - 1, ' ');
    dict += '\n';
    std::string header("\x93NUMPY\x01\x00", 8);
    header += static_cast<char>(dict.size() & 0xFFU);
    header += static_cast<char>(dict.size() >> 8U);
    return header + dict;
}

}  // namespace plimsoll
