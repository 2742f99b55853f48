// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/dtype.h"

#include <array>
#include <cstddef>

namespace plimsoll {

namespace {

struct DTypeRow {
    DType dtype;
    std::uint32_t bits;
    bool floating;
    std::string_view torch;
    std::string_view shortName;
    std::string_view safetensors;
    std::string_view storageClass;
};

// float4_e2m1fn_x2 has no safetensors name although safetensors writes it as F4: there a shape counts values, here
// bytes.
constexpr std::array<DTypeRow, kDTypeCount> kRows = {{
    {DType::F64, 64, true, "float64", "f64", "F64", "DoubleStorage"},
    {DType::F32, 32, true, "float32", "f32", "F32", "FloatStorage"},
    {DType::F16, 16, true, "float16", "f16", "F16", "HalfStorage"},
    {DType::BF16, 16, true, "bfloat16", "bf16", "BF16", "BFloat16Storage"},
    {DType::F8_E4M3FN, 8, true, "float8_e4m3fn", "f8_e4m3fn", "F8_E4M3", ""},
    {DType::F8_E5M2, 8, true, "float8_e5m2", "f8_e5m2", "F8_E5M2", ""},
    {DType::F8_E4M3FNUZ, 8, true, "float8_e4m3fnuz", "f8_e4m3fnuz", "F8_E4M3FNUZ", ""},
    {DType::F8_E5M2FNUZ, 8, true, "float8_e5m2fnuz", "f8_e5m2fnuz", "F8_E5M2FNUZ", ""},
    {DType::F8_E8M0FNU, 8, true, "float8_e8m0fnu", "f8_e8m0fnu", "F8_E8M0", ""},
    {DType::F4_E2M1FN_X2, 8, false, "float4_e2m1fn_x2", "f4_e2m1fn_x2", "", ""},
    {DType::I64, 64, false, "int64", "i64", "I64", "LongStorage"},
    {DType::I32, 32, false, "int32", "i32", "I32", "IntStorage"},
    {DType::I16, 16, false, "int16", "i16", "I16", "ShortStorage"},
    {DType::I8, 8, false, "int8", "i8", "I8", "CharStorage"},
    {DType::U64, 64, false, "uint64", "u64", "U64", ""},
    {DType::U32, 32, false, "uint32", "u32", "U32", ""},
    {DType::U16, 16, false, "uint16", "u16", "U16", ""},
    {DType::U8, 8, false, "uint8", "u8", "U8", "ByteStorage"},
    {DType::Bool, 8, false, "bool", "bool", "BOOL", "BoolStorage"},
    {DType::C32, 32, false, "complex32", "c32", "", ""},
    {DType::C64, 64, false, "complex64", "c64", "C64", "ComplexFloatStorage"},
    {DType::C128, 128, false, "complex128", "c128", "", "ComplexDoubleStorage"},
    {DType::QI8, 8, false, "qint8", "qi8", "", "QInt8Storage"},
    {DType::QU8, 8, false, "quint8", "qu8", "", "QUInt8Storage"},
    {DType::QI32, 32, false, "qint32", "qi32", "", "QInt32Storage"},
    {DType::QU4X2, 4, false, "quint4x2", "qu4x2", "", "QUInt4x2Storage"},
    {DType::QU2X4, 2, false, "quint2x4", "qu2x4", "", "QUInt2x4Storage"},
    {DType::F4, 4, false, "float4", "f4", "F4", ""},
    {DType::F6_E2M3, 6, false, "float6_e2m3", "f6_e2m3", "F6_E2M3", ""},
    {DType::F6_E3M2, 6, false, "float6_e3m2", "f6_e3m2", "F6_E3M2", ""},
    {DType::Q4_0, 0, false, "Q4_0", "q4_0", "", ""},
    {DType::Q4_1, 0, false, "Q4_1", "q4_1", "", ""},
    {DType::Q5_0, 0, false, "Q5_0", "q5_0", "", ""},
    {DType::Q5_1, 0, false, "Q5_1", "q5_1", "", ""},
    {DType::Q8_0, 0, false, "Q8_0", "q8_0", "", ""},
    {DType::Q8_1, 0, false, "Q8_1", "q8_1", "", ""},
    {DType::Q2_K, 0, false, "Q2_K", "q2_k", "", ""},
    {DType::Q3_K, 0, false, "Q3_K", "q3_k", "", ""},
    {DType::Q4_K, 0, false, "Q4_K", "q4_k", "", ""},
    {DType::Q5_K, 0, false, "Q5_K", "q5_k", "", ""},
    {DType::Q6_K, 0, false, "Q6_K", "q6_k", "", ""},
    {DType::Q8_K, 0, false, "Q8_K", "q8_k", "", ""},
    {DType::IQ2_XXS, 0, false, "IQ2_XXS", "iq2_xxs", "", ""},
    {DType::IQ2_XS, 0, false, "IQ2_XS", "iq2_xs", "", ""},
    {DType::IQ3_XXS, 0, false, "IQ3_XXS", "iq3_xxs", "", ""},
    {DType::IQ1_S, 0, false, "IQ1_S", "iq1_s", "", ""},
    {DType::IQ4_NL, 0, false, "IQ4_NL", "iq4_nl", "", ""},
    {DType::IQ3_S, 0, false, "IQ3_S", "iq3_s", "", ""},
    {DType::IQ2_S, 0, false, "IQ2_S", "iq2_s", "", ""},
    {DType::IQ4_XS, 0, false, "IQ4_XS", "iq4_xs", "", ""},
    {DType::IQ1_M, 0, false, "IQ1_M", "iq1_m", "", ""},
    {DType::TQ1_0, 0, false, "TQ1_0", "tq1_0", "", ""},
    {DType::TQ2_0, 0, false, "TQ2_0", "tq2_0", "", ""},
    {DType::MXFP4, 0, false, "MXFP4", "mxfp4", "", ""},
    {DType::NVFP4, 0, false, "NVFP4", "nvfp4", "", ""},
    {DType::Q1_0, 0, false, "Q1_0", "q1_0", "", ""},
    {DType::Opaque, 0, false, "opaque", "opaque", "", ""},
}};

constexpr bool rowsAreInEnumOrder() {
    for (std::size_t i = 0; i < kRows.size(); ++i)
        if (static_cast<std::size_t>(kRows[i].dtype) != i) return false;
    return true;
}
static_assert(rowsAreInEnumOrder());

// In enum order from Q4_0. Source: ggml's block structs, as gguf.constants.GGML_QUANT_SIZES lists them.
constexpr std::array<BlockShape, 26> kBlocks = {{
    {32, 18},    // Q4_0
    {32, 20},    // Q4_1
    {32, 22},    // Q5_0
    {32, 24},    // Q5_1
    {32, 34},    // Q8_0
    {32, 40},    // Q8_1
    {256, 84},   // Q2_K
    {256, 110},  // Q3_K
    {256, 144},  // Q4_K
    {256, 176},  // Q5_K
    {256, 210},  // Q6_K
    {256, 292},  // Q8_K
    {256, 66},   // IQ2_XXS
    {256, 74},   // IQ2_XS
    {256, 98},   // IQ3_XXS
    {256, 50},   // IQ1_S
    {32, 18},    // IQ4_NL
    {256, 110},  // IQ3_S
    {256, 82},   // IQ2_S
    {256, 136},  // IQ4_XS
    {256, 56},   // IQ1_M
    {256, 54},   // TQ1_0
    {256, 66},   // TQ2_0
    {32, 17},    // MXFP4
    {64, 36},    // NVFP4
    {128, 18},   // Q1_0
}};
static_assert(static_cast<std::size_t>(DType::Q4_0) + kBlocks.size() == static_cast<std::size_t>(DType::Opaque));

const DTypeRow& rowOf(DType dtype) noexcept {
    return kRows[static_cast<std::size_t>(dtype)];
}

// Opaque has no name of its own that a file could hold.
std::optional<DType> findBy(std::string_view DTypeRow::*column, std::string_view name) noexcept {
    if (name.empty()) return std::nullopt;
    for (const DTypeRow& row : kRows)
        if (row.*column == name && row.dtype != DType::Opaque) return row.dtype;
    return std::nullopt;
}

}  // namespace

std::uint32_t bitWidth(DType dtype) noexcept {
    return rowOf(dtype).bits;
}

BlockShape blockShape(DType dtype) noexcept {
    if (dtype < DType::Q4_0 || dtype == DType::Opaque) return {};
    return kBlocks[static_cast<std::size_t>(dtype) - static_cast<std::size_t>(DType::Q4_0)];
}

std::optional<std::uint64_t> packedBytes(DType dtype, std::uint64_t elements) noexcept {
    if (const BlockShape block = blockShape(dtype); block.elements != 0) {
        if (elements % block.elements != 0) return std::nullopt;
        std::uint64_t bytes = 0;
        if (__builtin_mul_overflow(elements / block.elements, block.bytes, &bytes)) return std::nullopt;
        return bytes;
    }
    const std::uint64_t bits = rowOf(dtype).bits;
    if (bits == 0) return std::nullopt;
    if (bits % 8 == 0) {
        std::uint64_t bytes = 0;
        if (__builtin_mul_overflow(elements, bits / 8, &bytes)) return std::nullopt;
        return bytes;
    }
    // 2, 4 or 6 bits: eight elements fill `bits` bytes; the product below is at most 7 * 6.
    const std::uint64_t restBits = elements % 8 * bits;
    const bool torchPads = dtype == DType::QU4X2 || dtype == DType::QU2X4;
    if (restBits % 8 != 0 && !torchPads) return std::nullopt;
    return elements / 8 * bits + (restBits + 7) / 8;
}

bool isFloating(DType dtype) noexcept {
    return rowOf(dtype).floating;
}

std::string_view torchName(DType dtype) noexcept {
    return rowOf(dtype).torch;
}

std::string_view shortName(DType dtype) noexcept {
    return rowOf(dtype).shortName;
}

std::string_view safetensorsName(DType dtype) noexcept {
    return rowOf(dtype).safetensors;
}

std::string_view storageClassName(DType dtype) noexcept {
    return rowOf(dtype).storageClass;
}

std::optional<DType> dtypeFromTorchName(std::string_view name) noexcept {
    return findBy(&DTypeRow::torch, name);
}

std::optional<DType> dtypeFromShortName(std::string_view name) noexcept {
    return findBy(&DTypeRow::shortName, name);
}

std::optional<DType> dtypeFromSafetensorsName(std::string_view name) noexcept {
    return findBy(&DTypeRow::safetensors, name);
}

std::optional<DType> dtypeFromStorageClass(std::string_view name) noexcept {
    return findBy(&DTypeRow::storageClass, name);
}

}  // namespace plimsoll
