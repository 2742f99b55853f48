// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "checkpoint/grid_view.h"
#include "checkpoint/tensor_part.h"

namespace plimsoll {

// A grid drawn small: each pixel stands for a block of cells, all of which were read.
struct GridImage {
    enum Flag : std::uint8_t { HasValues = 1, HasNan = 2, HasInf = 4 };

    std::uint32_t width = 0;  // pixels; pixel x stands for columns [x * columns / width, (x + 1) * columns / width)
    std::uint32_t height = 0;
    std::uint64_t rows = 0;  // of the grid
    std::uint64_t columns = 0;
    std::vector<float> mean;     // of the block's finite values
    std::vector<float> extreme;  // its finite value with the largest magnitude, with its sign
    std::vector<std::uint8_t> flags;

    [[nodiscard]] std::size_t pixel(std::uint32_t x, std::uint32_t y) const noexcept {
        return std::size_t{y} * width + x;
    }
    [[nodiscard]] std::uint64_t columnOf(std::uint32_t x) const noexcept;
    [[nodiscard]] std::uint64_t rowOf(std::uint32_t y) const noexcept;
};

// Reads every cell once; at most mostWidth x mostHeight pixels, and no more than cells.
//   progress  counts bytes of cells
//   errors    Unsupported for types whose elements are not real numbers; as TensorReader::readValues; Cancelled
[[nodiscard]] Result<GridImage> drawGrid(TensorReader& reader, TensorId tensor, const ElementForm& form,
                                         const GridView& view, std::uint32_t mostWidth, std::uint32_t mostHeight,
                                         ProgressSink& progress, const std::stop_token& stop);

}  // namespace plimsoll
