// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "checkpoint/tensor_reader.h"

namespace plimsoll {

// A tensor seen as a table: cell (r, c) is logical element base + r * rowStep + c * columnStep of the tensor, where
// that lies below `end`.
struct GridView {
    std::uint64_t rows = 0;
    std::uint64_t columns = 0;
    std::uint64_t base = 0;
    std::uint64_t rowStep = 0;
    std::uint64_t columnStep = 0;
    std::uint64_t end = 0;

    [[nodiscard]] std::uint64_t element(std::uint64_t row, std::uint64_t column) const noexcept {
        return base + row * rowStep + column * columnStep;
    }
    [[nodiscard]] bool holds(std::uint64_t row, std::uint64_t column) const noexcept {
        return row < rows && column < columns && element(row, column) < end;
    }
};

// Two dimensions as rows and columns, the others at one index each.
//   shape    two dimensions or more; the number of elements does not overflow (elementForm's)
//   indices  one per dimension, below it; those of the two axes do not matter
[[nodiscard]] GridView planeOf(std::span<const std::uint64_t> shape, std::size_t rowAxis, std::size_t columnAxis,
                               std::span<const std::uint64_t> indices);

// All elements in their order, `columns` (one or more) of them in a row: vectors and scalars.
[[nodiscard]] GridView wrapped(std::uint64_t elements, std::uint64_t columns);

// A rectangle of a grid.
struct GridRect {
    std::uint64_t row = 0;
    std::uint64_t column = 0;
    std::uint64_t rows = 0;
    std::uint64_t columns = 0;
};

// Reads the cells of a rectangle, row by row, little-endian elements of elementForm; cells that the view does not hold
// are left as they are. Reads what lies between cells too where that takes fewer calls; bounded memory.
//   out     rect.rows * rect.columns * elementBytes
//   errors  as TensorReader::readValues; OutOfBounds where `out` is shorter
[[nodiscard]] Result<void> readGrid(TensorReader& reader, TensorId tensor, std::size_t elementBytes,
                                    const GridView& view, const GridRect& rect, std::span<std::byte> out);

}  // namespace plimsoll
