// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace plimsoll {

// Element types: everything torch 2.11 can save, and safetensors' packed ones. Names as STYLE: f32, bf16, f8_e4m3fn.
enum class DType : std::uint8_t {
    F64,
    F32,
    F16,
    BF16,
    F8_E4M3FN,
    F8_E5M2,
    F8_E4M3FNUZ,
    F8_E5M2FNUZ,
    F8_E8M0FNU,
    F4_E2M1FN_X2,  // two values a byte (torch.float4_e2m1fn_x2); shape counts bytes
    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,
    Bool,
    C32,
    C64,
    C128,
    QI8,
    QU8,
    QI32,
    QU4X2,
    QU2X4,  // torch quantized storage types
    F4,
    F6_E2M3,
    F6_E3M2,  // safetensors packed types, shape counts elements
    // ggml block types (GGUF): see blockShape
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q8_1,
    Q2_K,
    Q3_K,
    Q4_K,
    Q5_K,
    Q6_K,
    Q8_K,
    IQ2_XXS,
    IQ2_XS,
    IQ3_XXS,
    IQ1_S,
    IQ4_NL,
    IQ3_S,
    IQ2_S,
    IQ4_XS,
    IQ1_M,
    TQ1_0,
    TQ2_0,
    MXFP4,
    NVFP4,
    Q1_0,
    Opaque,  // a type we do not know: its bytes are kept, nothing is computed
};

inline constexpr int kDTypeCount = static_cast<int>(DType::Opaque) + 1;

// Bits of one element; 0 for Opaque and for block types.
[[nodiscard]] std::uint32_t bitWidth(DType dtype) noexcept;

// A ggml block: this many elements of the innermost dimension are packed into this many bytes. Zeros for every other
// type.
struct BlockShape {
    std::uint32_t elements = 0;
    std::uint32_t bytes = 0;
};

[[nodiscard]] BlockShape blockShape(DType dtype) noexcept;

// Bytes of n packed elements, nothing where the count overflows or the bits do not fill whole bytes. The last byte of
// QU4X2 and QU2X4 is padded (torch pads each row, so rows of odd length need more).
[[nodiscard]] std::optional<std::uint64_t> packedBytes(DType dtype, std::uint64_t elements) noexcept;

// f64 f32 f16 bf16 and the 8-bit float types: what --dtype and --rule may change.
[[nodiscard]] bool isFloating(DType dtype) noexcept;

// torch's name without "torch." ("float32"); "float4", "float6_e2m3", "float6_e3m2" for the types that torch has not,
// "opaque" for Opaque.
[[nodiscard]] std::string_view torchName(DType dtype) noexcept;

// Our short name ("f32"), as tables and --dtype spell it.
[[nodiscard]] std::string_view shortName(DType dtype) noexcept;

// safetensors' name ("F32"); empty where safetensors has none, and for F4_E2M1FN_X2, whose shape it counts otherwise.
[[nodiscard]] std::string_view safetensorsName(DType dtype) noexcept;

// torch's legacy storage class ("FloatStorage"); empty where torch writes UntypedStorage.
[[nodiscard]] std::string_view storageClassName(DType dtype) noexcept;

// The inverse of the names above; nothing for an unknown name, and never Opaque.
[[nodiscard]] std::optional<DType> dtypeFromTorchName(std::string_view name) noexcept;
[[nodiscard]] std::optional<DType> dtypeFromShortName(std::string_view name) noexcept;
[[nodiscard]] std::optional<DType> dtypeFromSafetensorsName(std::string_view name) noexcept;
[[nodiscard]] std::optional<DType> dtypeFromStorageClass(std::string_view name) noexcept;

}  // namespace plimsoll
