// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "tensor/dtype.h"

namespace plimsoll {

// How two tensors of one shape differ. Complex numbers are one element each, with the absolute value of their distance.
struct Difference {
    std::uint64_t elements = 0;
    // Of one type: with other bits (bools: with another value). Of two types: with another value; NaN equals NaN.
    std::uint64_t differing = 0;
    std::uint64_t nanOnlyLeft = 0;
    std::uint64_t nanOnlyRight = 0;
    double maxAbs = 0;  // infinite where an infinity meets anything else; NaN enters none of these three
    double maxRel = 0;  // |left - right| / max(|left|, |right|)
    double rms = 0;     // over all elements; those that are not finite add nothing
};

// True where elements of these types can be told apart by value: real with real, complex with complex.
[[nodiscard]] bool canCompare(DType left, DType right) noexcept;

// What was seen of a part of two tensors.
class DifferenceSums {
public:
    void merge(const DifferenceSums& other) noexcept;
    [[nodiscard]] Difference result() const noexcept;

private:
    friend class ElementComparison;
    void addMagnitude(long double distance, long double larger) noexcept;

    Difference counts_;
    long double squares_ = 0;
};

// Compares blocks of elements; holds the values of one block. One thread.
class ElementComparison {
public:
    // canCompare(left, right) holds.
    ElementComparison(DType left, DType right);

    // As many whole elements on both sides, little-endian.
    //   errors  OutOfBounds where they are not
    [[nodiscard]] Result<void> add(std::span<const std::byte> left, std::span<const std::byte> right,
                                   DifferenceSums& sums);

private:
    void addElement(std::size_t index, DifferenceSums& sums) const noexcept;
    void addIntegers(std::span<const std::byte> left, std::span<const std::byte> right,
                     DifferenceSums& sums) const noexcept;

    DType left_;
    DType right_;
    std::uint32_t parts_ = 1;
    bool byBits_ = false;
    std::vector<double> leftValues_;
    std::vector<double> rightValues_;
};

}  // namespace plimsoll
