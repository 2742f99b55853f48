// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checkpoint/tensor_reader.h"

namespace plimsoll {

// The part of one dimension that was asked for: start, start + step, ... `count` of them.
struct DimSlice {
    std::uint64_t start = 0;
    std::uint64_t count = 0;
    std::uint64_t step = 1;
    bool keep = true;  // false for a single index: the dimension vanishes from the result
};

// A part of a tensor, as numpy's basic indexing selects it.
class Slice {
public:
    // "0:4,:", "-1", "::2,3", "...,0"; empty for everything. Missing dimensions at the end are whole.
    //   errors  Usage with what is wrong: too many dimensions, an index outside, a step below 1
    [[nodiscard]] static Result<Slice> parse(std::string_view text, std::span<const std::uint64_t> shape);
    [[nodiscard]] static Slice whole(std::span<const std::uint64_t> shape);

    // Of the result.
    [[nodiscard]] std::vector<std::uint64_t> shape() const;
    [[nodiscard]] std::uint64_t elements() const noexcept;
    // Of the tensor, one per dimension.
    [[nodiscard]] std::span<const DimSlice> dims() const noexcept { return dims_; }

    // Row-major index in the tensor of the element at `position` (one per dimension of the tensor, below its count).
    [[nodiscard]] std::uint64_t elementIndex(std::span<const std::uint64_t> position) const noexcept;

    using Visit = std::function<Result<void>(std::span<const std::byte> elements)>;

    // Reads the selected elements in row-major order in blocks of about 1 MiB and hands each block over.
    //   elementBytes  of the tensor's dtype; 1 for packed and Opaque
    [[nodiscard]] Result<void> read(TensorReader& reader, TensorId tensor, std::size_t elementBytes,
                                    const Visit& visit) const;

private:
    std::vector<std::uint64_t> tensorShape_;
    std::vector<DimSlice> dims_;
};

}  // namespace plimsoll
