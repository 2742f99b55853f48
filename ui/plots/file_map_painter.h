// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QRectF>
#include <optional>

#include "audit/file_layout.h"
#include "models/tensor_colours.h"
#include "models/tensor_tree.h"
#include "plots/map_look.h"

class QPainter;

namespace plimsoll::ui {

// A file as rows of so many bytes, from left to right and top to bottom, scrolled to some row.
struct FileMapGeometry {
    QSizeF size;
    std::uint64_t fileBytes = 0;
    std::uint64_t bytesPerRow = 1;
    std::uint64_t firstRow = 0;
    double left = 0;  // of the rows: before them stands the offset of their first byte
    double rowHeight = 20;
    double rowGap = 3;

    [[nodiscard]] double pitch() const noexcept { return rowHeight + rowGap; }
    [[nodiscard]] double width() const noexcept { return size.width() - left; }
    [[nodiscard]] std::uint64_t rows() const noexcept;         // of the file
    [[nodiscard]] std::uint64_t visibleRows() const noexcept;  // whole ones that have room
    [[nodiscard]] std::optional<std::uint64_t> offsetAt(const QPointF& place) const noexcept;
    // Of a byte in its row, whether it is seen or not.
    [[nodiscard]] QPointF placeOf(std::uint64_t offset) const noexcept;
    // What [begin, end) covers of the rows that are seen, at most one rectangle a row.
    [[nodiscard]] QList<QRectF> rectsOf(std::uint64_t begin, std::uint64_t end) const;
};

// Draws what is seen of a file. Each pixel has the mixed colour of the bytes that it stands for. Tensors that `tree`
// does not let through are pale. O(parts that are seen + pixels). Any thread.
void paintFileMap(QPainter& painter, const FileLayout& layout, const FileMapGeometry& geometry, const TensorTree& tree,
                  const TensorColours& colours, const MapLook& look);
[[nodiscard]] QImage paintFileMap(const FileLayout& layout, const FileMapGeometry& geometry, const TensorTree& tree,
                                  const TensorColours& colours, const MapLook& look);

}  // namespace plimsoll::ui
