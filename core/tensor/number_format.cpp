// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/number_format.h"

#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "tensor/stats.h"
#include "tensor/widen.h"

namespace plimsoll {

namespace {

// Bits of the exponent of a float type; 0 for all that are none.
unsigned exponentBits(DType dtype) noexcept {
    switch (dtype) {
        case DType::F64:
            return 11;
        case DType::F32:
        case DType::BF16:
        case DType::F8_E8M0FNU:
            return 8;
        case DType::F16:
        case DType::F8_E5M2:
        case DType::F8_E5M2FNUZ:
            return 5;
        case DType::F8_E4M3FN:
        case DType::F8_E4M3FNUZ:
            return 4;
        default:
            return 0;
    }
}

bool isInteger(DType dtype) noexcept {
    return exponentBits(dtype) == 0;
}

std::string hexOf(std::span<const std::byte> element) {
    std::string text = "0x";
    for (std::size_t i = element.size(); i-- > 0;) text += fmt::format("{:02x}", std::to_integer<unsigned>(element[i]));
    return text;
}

std::string bitsOf(DType dtype, std::span<const std::byte> element) {
    std::string text;
    for (std::size_t i = element.size(); i-- > 0;) text += fmt::format("{:08b}", std::to_integer<unsigned>(element[i]));
    const unsigned exponent = exponentBits(dtype);
    if (exponent == 0) return text;
    if (dtype == DType::F8_E8M0FNU) return text;  // neither sign nor mantissa
    text.insert(1 + exponent, " ");
    text.insert(1, " ");
    return text;
}

std::string realAs(DType dtype, std::span<const std::byte> element, NumberFormat format) {
    const double value = elementAsDouble(dtype, element);
    if (std::isnan(value) || std::isinf(value)) return formatElement(dtype, element);
    // A double does not hold every 64-bit integer.
    if (isInteger(dtype) && (format == NumberFormat::Decimal || std::fabs(value) > 0x1p53))
        return formatElement(dtype, element);
    return format == NumberFormat::Decimal ? fmt::format("{:.6f}", value) : fmt::format("{:.6e}", value);
}

std::string partAs(DType dtype, std::span<const std::byte> element, NumberFormat format) {
    switch (format) {
        case NumberFormat::Hex:
            return hexOf(element);
        case NumberFormat::Bits:
            return bitsOf(dtype, element);
        case NumberFormat::Decimal:
        case NumberFormat::Scientific:
            return realAs(dtype, element, format);
        case NumberFormat::Shortest:
            break;
    }
    return formatElement(dtype, element);
}

}  // namespace

std::string formatElementAs(DType dtype, std::span<const std::byte> element, NumberFormat format) {
    const Composition composition = compositionOf(dtype);
    const bool known = bitWidth(dtype) != 0 && element.size() * 8 == bitWidth(dtype);
    if (!known || composition.value == DType::Opaque)
        return format == NumberFormat::Bits ? bitsOf(DType::Opaque, element) : formatElement(dtype, element);
    if (format == NumberFormat::Shortest || dtype == DType::Bool) {
        const bool asBits = format == NumberFormat::Hex || format == NumberFormat::Bits;
        return asBits ? partAs(dtype, element, format) : formatElement(dtype, element);
    }
    if (composition.parts == 1) return partAs(composition.value, element, format);
    const auto half = element.size() / 2;
    const std::string real = partAs(composition.value, element.first(half), format);
    const std::string imaginary = partAs(composition.value, element.subspan(half), format);
    if (format == NumberFormat::Hex || format == NumberFormat::Bits) return real + " " + imaginary;
    return real + (imaginary.front() == '-' ? "" : "+") + imaginary + "j";
}

std::size_t textColumns(DType dtype, NumberFormat format) {
    const Composition composition = compositionOf(dtype);
    const std::size_t bits = bitWidth(dtype) == 0 ? 8 : bitWidth(dtype) / composition.parts;
    const bool integer = isInteger(composition.value);
    std::size_t one = 4;
    switch (format) {
        case NumberFormat::Hex:
            one = 2 + bits / 4;
            break;
        case NumberFormat::Bits:
            one = bits + (integer ? 0 : 2);
            break;
        case NumberFormat::Decimal:
        case NumberFormat::Scientific:
            one = integer && bits == 64 ? 20 : 14;
            break;
        case NumberFormat::Shortest:
            one = dtype == DType::Bool ? 5 : bits <= 8 ? 8 : bits <= 32 ? 14 : 24;
            break;
    }
    return composition.parts * (one + (composition.parts > 1 ? 1 : 0));
}

}  // namespace plimsoll
