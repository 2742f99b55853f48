// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/grid_image.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "tensor/widen.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kTileCells = std::uint64_t{1} << 18U;

// Grids have up to 2^63 cells a side.
__extension__ using Wide = unsigned __int128;

// floor(index * to / from), and the first index that it gives `part` for.
std::uint64_t scaled(std::uint64_t index, std::uint64_t from, std::uint64_t to) noexcept {
    return static_cast<std::uint64_t>(Wide{index} * to / from);
}
std::uint64_t firstOf(std::uint64_t part, std::uint64_t parts, std::uint64_t whole) noexcept {
    return static_cast<std::uint64_t>((Wide{part} * whole + parts - 1) / parts);
}

class Drawing {
public:
    Drawing(const GridView& view, std::uint32_t mostWidth, std::uint32_t mostHeight) : view_(view) {
        image_.rows = view.rows;
        image_.columns = view.columns;
        image_.width = static_cast<std::uint32_t>(std::min<std::uint64_t>(view.columns, mostWidth));
        image_.height = static_cast<std::uint32_t>(std::min<std::uint64_t>(view.rows, mostHeight));
        const std::size_t pixels = std::size_t{image_.width} * image_.height;
        image_.extreme.resize(pixels);
        image_.flags.resize(pixels);
        sums_.resize(pixels);
        counts_.resize(pixels);
    }

    void add(const GridRect& rect, std::span<const double> values) {
        for (std::uint64_t r = 0; r < rect.rows; ++r) {
            const auto y = static_cast<std::uint32_t>(scaled(rect.row + r, view_.rows, image_.height));
            const auto line = values.subspan(static_cast<std::size_t>(r * rect.columns));
            std::uint32_t x = static_cast<std::uint32_t>(scaled(rect.column, view_.columns, image_.width));
            std::uint64_t next = image_.columnOf(x + 1);
            for (std::uint64_t c = 0; c < rect.columns; ++c) {
                if (!view_.holds(rect.row + r, rect.column + c)) break;
                if (rect.column + c >= next) next = image_.columnOf(++x + 1);
                addValue(image_.pixel(x, y), line[static_cast<std::size_t>(c)]);
            }
        }
    }

    GridImage take() {
        image_.mean.resize(sums_.size());
        for (std::size_t i = 0; i < sums_.size(); ++i)
            if (counts_[i] > 0) image_.mean[i] = static_cast<float>(sums_[i] / static_cast<double>(counts_[i]));
        return std::move(image_);
    }

private:
    void addValue(std::size_t pixel, double value) {
        if (!std::isfinite(value)) {
            image_.flags[pixel] |= std::isnan(value) ? GridImage::HasNan : GridImage::HasInf;
            return;
        }
        image_.flags[pixel] |= GridImage::HasValues;
        sums_[pixel] += value;
        ++counts_[pixel];
        float& extreme = image_.extreme[pixel];
        if (std::fabs(value) > static_cast<double>(std::fabs(extreme))) extreme = static_cast<float>(value);
    }

    const GridView& view_;
    GridImage image_;
    std::vector<double> sums_;
    std::vector<std::uint64_t> counts_;
};

// As wide as the elements lie one after the other.
GridRect tileShape(const GridView& view) {
    GridRect tile;
    if (view.columnStep <= view.rowStep || view.rows <= 1) {
        tile.columns = std::min(view.columns, kTileCells);
        tile.rows = std::min(view.rows, std::max<std::uint64_t>(1, kTileCells / tile.columns));
    } else {
        tile.rows = std::min(view.rows, kTileCells);
        tile.columns = std::min(view.columns, std::max<std::uint64_t>(1, kTileCells / tile.rows));
    }
    return tile;
}

}  // namespace

std::uint64_t GridImage::columnOf(std::uint32_t x) const noexcept {
    return width == 0 ? 0 : firstOf(x, width, columns);
}

std::uint64_t GridImage::rowOf(std::uint32_t y) const noexcept {
    return height == 0 ? 0 : firstOf(y, height, rows);
}

Result<GridImage> drawGrid(TensorReader& reader, TensorId tensor, const ElementForm& form, const GridView& view,
                           std::uint32_t mostWidth, std::uint32_t mostHeight, ProgressSink& progress,
                           const std::stop_token& stop) {
    const Composition composition = compositionOf(form.dtype);
    if (composition.value == DType::Opaque || composition.parts != 1)
        return fail(Errc::Unsupported, "a picture needs real numbers, this is " + std::string(shortName(form.dtype)));
    Drawing drawing(view, mostWidth, mostHeight);
    if (view.rows == 0 || view.columns == 0) return drawing.take();
    const GridRect tile = tileShape(view);
    std::vector<std::byte> bytes;
    std::vector<double> values;
    for (std::uint64_t row = 0; row < view.rows; row += tile.rows) {
        for (std::uint64_t column = 0; column < view.columns; column += tile.columns) {
            if (stop.stop_requested()) return cancelled();
            const GridRect rect{row, column, std::min(tile.rows, view.rows - row),
                                std::min(tile.columns, view.columns - column)};
            const auto cells = static_cast<std::size_t>(rect.rows * rect.columns);
            bytes.assign(cells * form.bytes, std::byte{0});
            values.resize(cells);
            TRY_VOID(readGrid(reader, tensor, form.bytes, view, rect, bytes));
            TRY_VOID(widenToDouble(composition.value, bytes, values));
            drawing.add(rect, values);
            progress.advance(bytes.size());
        }
    }
    return drawing.take();
}

}  // namespace plimsoll
