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

// The same of one block, with what merging needs.
struct BlockSummary {
    std::uint64_t count = 0;
    std::uint64_t nan = 0;
    std::uint64_t inf = 0;
    std::uint64_t zero = 0;
    double min = 0;
    double max = 0;
    long double mean = 0;  // of the finite values
    long double m2 = 0;    // sum of squared distances from `mean`
};

// Feeds blocks in any number; bounded memory. Complex counts real and imaginary parts as values; quantized types count
// the integers that are stored. The counts, minimum and maximum are exact, and all results depend only on the elements
// and on how they were cut into blocks.
class StatsAccumulator {
public:
    explicit StatsAccumulator(DType dtype) : dtype_(dtype) {}
    // Whole elements of the dtype, little-endian, any alignment.
    //   errors  Unsupported for Opaque and packed sub-byte types, OutOfBounds where an element is cut
    [[nodiscard]] Result<void> add(std::span<const std::byte> elements);
    [[nodiscard]] TensorStats result() const;

private:
    void merge(const BlockSummary& block);

    DType dtype_;
    TensorStats sums_;
    long double mean_ = 0;  // wider: sums of squares of f64 values leave the range of a double
    long double m2_ = 0;
    std::uint64_t finite_ = 0;
};

// One element as a person reads it ("0.0123", "3.0", "-inf", "True", "1+2j"); hex bytes in file order for Opaque and
// packed types, and where `element` has not the dtype's width.
//   element  the bytes of one element, little-endian, any alignment
[[nodiscard]] std::string formatElement(DType dtype, std::span<const std::byte> element);

// One real element as a double (integers above 2^53 round); nothing sensible for complex, packed and Opaque: NaN.
[[nodiscard]] double elementAsDouble(DType dtype, std::span<const std::byte> element);

}  // namespace plimsoll
