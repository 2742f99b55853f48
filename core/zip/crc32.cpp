// SPDX-License-Identifier: GPL-3.0-or-later
#include "zip/crc32.h"

#include <array>

#include <libdeflate.h>

namespace plimsoll {

namespace {

// CRC-32 is a remainder of polynomials over GF(2). Bits are reflected: bit 31 is x^0, bit 0 is x^31.
constexpr std::uint32_t kPolynomial = 0xedb88320;
constexpr std::uint32_t kOne = 0x80000000;

// a * b modulo the polynomial.
constexpr std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
    std::uint32_t product = 0;
    for (std::uint32_t term = kOne; term != 0; term >>= 1) {
        if ((a & term) != 0) product ^= b;
        b = (b & 1) != 0 ? (b >> 1) ^ kPolynomial : b >> 1;
    }
    return product;
}

// x^(8 * 2^k): what 2^k more zero bytes multiply a CRC by.
constexpr std::array<std::uint32_t, 64> kZeroBytes = [] {
    std::array<std::uint32_t, 64> powers{};
    std::uint32_t power = kOne >> 8;
    for (auto& entry : powers) {
        entry = power;
        power = multiply(power, power);
    }
    return powers;
}();

}  // namespace

std::uint32_t crc32(std::uint32_t crc, std::span<const std::byte> data) noexcept {
    if (data.empty()) return crc;  // libdeflate takes a null buffer as "start anew"
    return libdeflate_crc32(crc, data.data(), data.size());
}

std::uint32_t crc32Combine(std::uint32_t crcA, std::uint32_t crcB, std::uint64_t bytesB) noexcept {
    std::uint32_t shift = kOne;
    for (std::size_t k = 0; bytesB != 0; ++k, bytesB >>= 1) {
        if ((bytesB & 1) != 0) shift = multiply(shift, kZeroBytes[k]);
    }
    return multiply(shift, crcA) ^ crcB;
}

}  // namespace plimsoll
