// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/grid_view.h"

#include <algorithm>

namespace plimsoll {

namespace {

// Of a run that is read to pick elements out of it.
constexpr std::uint64_t kSpanBytes = std::uint64_t{1} << 20U;
// What one read costs, in bytes that it could have read instead.
constexpr std::uint64_t kCallBytes = 4096;

// One line of a rectangle: `count` elements `step` apart from `first` on, put `outStep` bytes apart.
struct Line {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    std::uint64_t step = 0;
};

class GridReader {
public:
    GridReader(TensorReader& reader, TensorId tensor, std::size_t elementBytes)
        : reader_(reader), tensor_(tensor), bytes_(elementBytes) {}

    // `out` starts at the line's first cell, cells lie `outStep` bytes apart.
    Result<void> read(const Line& line, std::span<std::byte> out, std::size_t outStep) {
        if (line.count == 0) return {};
        if (line.step == 1 && outStep == bytes_)
            return reader_.readValues(tensor_, line.first, out.first(static_cast<std::size_t>(line.count) * bytes_));
        const std::uint64_t most = perRead(line.step);
        for (std::uint64_t done = 0; done < line.count;) {
            const std::uint64_t count = std::min(most, line.count - done);
            buffer_.resize(static_cast<std::size_t>((count - 1) * line.step + 1) * bytes_);
            TRY_VOID(reader_.readValues(tensor_, line.first + done * line.step, buffer_));
            for (std::uint64_t i = 0; i < count; ++i)
                std::copy_n(&buffer_[static_cast<std::size_t>(i * line.step) * bytes_], bytes_,
                            &out[static_cast<std::size_t>(done + i) * outStep]);
            done += count;
        }
        return {};
    }

    // Bytes that reading such a line costs, calls included.
    [[nodiscard]] std::uint64_t cost(std::uint64_t count, std::uint64_t step) const noexcept {
        if (count == 0) return 0;
        const std::uint64_t calls = (count + perRead(step) - 1) / perRead(step);
        const std::uint64_t elements = perRead(step) == 1 ? count : (count - 1) * step + 1;
        return calls * kCallBytes + elements * bytes_;
    }

private:
    // Elements of a line that one read brings: those that are far apart come alone.
    [[nodiscard]] std::uint64_t perRead(std::uint64_t step) const noexcept {
        if (step * bytes_ > kCallBytes) return 1;
        return std::max<std::uint64_t>(1, kSpanBytes / (std::max<std::uint64_t>(step, 1) * bytes_));
    }

    TensorReader& reader_;
    TensorId tensor_;
    std::size_t bytes_;
    std::vector<std::byte> buffer_;
};

// Of `count` elements `step` apart from `first` on, how many lie below `end`.
std::uint64_t below(std::uint64_t end, std::uint64_t first, std::uint64_t step, std::uint64_t count) noexcept {
    if (first >= end || count == 0) return 0;
    return step == 0 ? count : std::min(count, (end - first - 1) / step + 1);
}

}  // namespace

GridView planeOf(std::span<const std::uint64_t> shape, std::size_t rowAxis, std::size_t columnAxis,
                 std::span<const std::uint64_t> indices) {
    GridView view;
    view.rows = shape[rowAxis];
    view.columns = shape[columnAxis];
    view.end = 1;
    for (std::size_t d = shape.size(); d-- > 0;) {
        const std::uint64_t step = view.end;
        if (d == rowAxis) view.rowStep = step;
        if (d == columnAxis) view.columnStep = step;
        if (d != rowAxis && d != columnAxis) view.base += indices[d] * step;
        view.end *= shape[d];
    }
    return view;
}

GridView wrapped(std::uint64_t elements, std::uint64_t columns) {
    GridView view;
    view.columns = std::min(elements, columns);
    view.rows = view.columns == 0 ? 0 : (elements - 1) / view.columns + 1;
    view.rowStep = view.columns;
    view.columnStep = 1;
    view.end = elements;
    return view;
}

Result<void> readGrid(TensorReader& reader, TensorId tensor, std::size_t elementBytes, const GridView& view,
                      const GridRect& rect, std::span<std::byte> out) {
    const auto columns = static_cast<std::size_t>(rect.columns);
    if (out.size() / elementBytes / std::max<std::size_t>(columns, 1) < rect.rows)
        return fail(Errc::OutOfBounds, "the rectangle is larger than the buffer for it");
    GridReader lines(reader, tensor, elementBytes);
    const std::uint64_t byRows = rect.rows * lines.cost(rect.columns, view.columnStep);
    const std::uint64_t byColumns = rect.columns * lines.cost(rect.rows, view.rowStep);
    const bool rowWise = byRows <= byColumns;
    const std::uint64_t count = rowWise ? rect.rows : rect.columns;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t first =
            rowWise ? view.element(rect.row + i, rect.column) : view.element(rect.row, rect.column + i);
        const std::uint64_t step = rowWise ? view.columnStep : view.rowStep;
        const Line line{first, below(view.end, first, step, rowWise ? rect.columns : rect.rows), step};
        const std::size_t at = static_cast<std::size_t>(i) * (rowWise ? columns : 1) * elementBytes;
        TRY_VOID(lines.read(line, out.subspan(at), (rowWise ? 1 : columns) * elementBytes));
    }
    return {};
}

}  // namespace plimsoll
