// SPDX-License-Identifier: GPL-3.0-or-later
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "tensor/float_bits.h"
#include "tensor/stats.h"

namespace plimsoll {

namespace {

template <class T>
T bitsOf(std::span<const std::byte> element) {
    T value{};
    std::memcpy(&value, element.data(), sizeof(T));
    return value;
}

// Shortest text that reads back as the same number of its type; signs of NaN are not told apart.
template <class Real>
std::string shortest(Real value) {
    return std::isnan(value) ? "nan" : fmt::format("{}", value);
}

// As Python prints a float: never without a point, an exponent or a word.
template <class Real>
std::string printReal(Real value) {
    std::string text = shortest(value);
    if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
    return text;
}

template <class Real>
std::string printComplex(Real real, Real imaginary) {
    const std::string tail = shortest(imaginary);
    return shortest(real) + (tail.front() == '-' ? "" : "+") + tail + "j";
}

std::string hex(std::span<const std::byte> bytes) {
    std::string text = "0x";
    for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    return text;
}

// f16, bf16 and the 8-bit floats; NaN for any other dtype.
float smallFloat(DType dtype, std::span<const std::byte> element) {
    switch (dtype) {
        case DType::F16:
            return std::bit_cast<float>(floatbits::f32FromF16(bitsOf<std::uint16_t>(element)));
        case DType::BF16:
            return std::bit_cast<float>(floatbits::f32FromBf16(bitsOf<std::uint16_t>(element)));
        case DType::F8_E4M3FN:
        case DType::F8_E5M2:
        case DType::F8_E4M3FNUZ:
        case DType::F8_E5M2FNUZ:
        case DType::F8_E8M0FNU:
            return std::bit_cast<float>(floatbits::f32FromF8(dtype, bitsOf<std::uint8_t>(element)));
        default:
            return std::numeric_limits<float>::quiet_NaN();
    }
}

std::string formatComplex(DType dtype, std::span<const std::byte> element) {
    const auto real = element.first(element.size() / 2);
    const auto imaginary = element.subspan(element.size() / 2);
    if (dtype == DType::C32) return printComplex(smallFloat(DType::F16, real), smallFloat(DType::F16, imaginary));
    if (dtype == DType::C64) return printComplex(bitsOf<float>(real), bitsOf<float>(imaginary));
    return printComplex(bitsOf<double>(real), bitsOf<double>(imaginary));
}

}  // namespace

std::string formatElement(DType dtype, std::span<const std::byte> element) {
    if (bitWidth(dtype) == 0 || element.size() * 8 != bitWidth(dtype)) return hex(element);
    switch (dtype) {
        case DType::F64:
            return printReal(bitsOf<double>(element));
        case DType::F32:
            return printReal(bitsOf<float>(element));
        case DType::I64:
            return std::to_string(bitsOf<std::int64_t>(element));
        case DType::I32:
        case DType::QI32:
            return std::to_string(bitsOf<std::int32_t>(element));
        case DType::I16:
            return std::to_string(bitsOf<std::int16_t>(element));
        case DType::I8:
        case DType::QI8:
            return std::to_string(bitsOf<std::int8_t>(element));
        case DType::U64:
            return std::to_string(bitsOf<std::uint64_t>(element));
        case DType::U32:
            return std::to_string(bitsOf<std::uint32_t>(element));
        case DType::U16:
            return std::to_string(bitsOf<std::uint16_t>(element));
        case DType::U8:
        case DType::QU8:
            return std::to_string(bitsOf<std::uint8_t>(element));
        case DType::Bool:
            return element.front() == std::byte{0} ? "False" : "True";
        case DType::C32:
        case DType::C64:
        case DType::C128:
            return formatComplex(dtype, element);
        case DType::F4_E2M1FN_X2:
            return hex(element);
        default:
            return printReal(smallFloat(dtype, element));
    }
}

double elementAsDouble(DType dtype, std::span<const std::byte> element) {
    if (bitWidth(dtype) == 0 || element.size() * 8 != bitWidth(dtype)) return std::numeric_limits<double>::quiet_NaN();
    switch (dtype) {
        case DType::F64:
            return bitsOf<double>(element);
        case DType::F32:
            return static_cast<double>(bitsOf<float>(element));
        case DType::I64:
            return static_cast<double>(bitsOf<std::int64_t>(element));
        case DType::I32:
        case DType::QI32:
            return bitsOf<std::int32_t>(element);
        case DType::I16:
            return bitsOf<std::int16_t>(element);
        case DType::I8:
        case DType::QI8:
            return bitsOf<std::int8_t>(element);
        case DType::U64:
            return static_cast<double>(bitsOf<std::uint64_t>(element));
        case DType::U32:
            return bitsOf<std::uint32_t>(element);
        case DType::U16:
            return bitsOf<std::uint16_t>(element);
        case DType::U8:
        case DType::QU8:
            return bitsOf<std::uint8_t>(element);
        case DType::Bool:
            return element.front() == std::byte{0} ? 0 : 1;
        default:
            return static_cast<double>(smallFloat(dtype, element));
    }
}

}  // namespace plimsoll
