// SPDX-License-Identifier: GPL-3.0-or-later
#include "load/torch_type.h"

namespace plimsoll {

std::optional<at::ScalarType> torchType(DType dtype) noexcept {
    switch (dtype) {
        case DType::F64:
            return at::kDouble;
        case DType::F32:
            return at::kFloat;
        case DType::F16:
            return at::kHalf;
        case DType::BF16:
            return at::kBFloat16;
        case DType::F8_E4M3FN:
            return at::kFloat8_e4m3fn;
        case DType::F8_E5M2:
            return at::kFloat8_e5m2;
        case DType::F8_E4M3FNUZ:
            return at::kFloat8_e4m3fnuz;
        case DType::F8_E5M2FNUZ:
            return at::kFloat8_e5m2fnuz;
        case DType::F8_E8M0FNU:
            return at::kFloat8_e8m0fnu;
        case DType::F4_E2M1FN_X2:
            return at::kFloat4_e2m1fn_x2;
        case DType::I64:
            return at::kLong;
        case DType::I32:
        case DType::QI32:
            return at::kInt;
        case DType::I16:
            return at::kShort;
        case DType::I8:
        case DType::QI8:
            return at::kChar;
        case DType::U64:
            return at::kUInt64;
        case DType::U32:
            return at::kUInt32;
        case DType::U16:
            return at::kUInt16;
        case DType::U8:
        case DType::QU8:
            return at::kByte;
        case DType::Bool:
            return at::kBool;
        case DType::C32:
            return at::kComplexHalf;
        case DType::C64:
            return at::kComplexFloat;
        case DType::C128:
            return at::kComplexDouble;
        default:
            return std::nullopt;  // packed below a byte, ggml's blocks, unknown
    }
}

}  // namespace plimsoll
