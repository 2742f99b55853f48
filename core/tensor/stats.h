// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "tensor/dtype.h"

namespace plimsoll {

// Exact statistics of a stream of elements. Finite values only enter min, max, mean and deviation.
struct TensorStats {
    std::uint64_t count = 0;
    std::uint64_t nan = 0;
    std::uint64_t inf = 0;  // both signs
    std::uint64_t zero = 0;
    double min = 0;  // of the finite values; 0 where there are none
    double max = 0;
    double mean = 0;
    double stddev = 0;  // population
};

// Feeds blocks in any number; bounded memory. Complex counts real and imaginary parts as values.
class StatsAccumulator {
public:
    explicit StatsAccumulator(DType dtype) : dtype_(dtype) {}
    // Whole elements of the dtype, little-endian. Unsupported for Opaque and packed sub-byte types.
    [[nodiscard]] Result<void> add(std::span<const std::byte> elements);
    [[nodiscard]] TensorStats result() const;

private:
    DType dtype_;
    TensorStats sums_;
    double mean_ = 0;
    double m2_ = 0;
    std::uint64_t finite_ = 0;
};

// One element as a person reads it ("0.0123", "-inf", "True", "1+2j"); hex bytes for Opaque.
//   element  the bytes of one element, little-endian
[[nodiscard]] std::string formatElement(DType dtype, std::span<const std::byte> element);

// One real element as a double (integers above 2^53 round); nothing sensible for complex, packed and Opaque: NaN.
[[nodiscard]] double elementAsDouble(DType dtype, std::span<const std::byte> element);

}  // namespace plimsoll
