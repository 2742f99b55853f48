// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRectF>
#include <QSizeF>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "models/tensor_tree.h"

namespace plimsoll::ui {

// A rectangle of a treemap.
struct TreemapCell {
    QRectF rect;
    NodeId node;               // of what is merged: the module that holds it
    NodeId above;              // of the cell that this one lies in
    std::uint32_t merged = 0;  // so many children of `node`, each too small to be drawn; 0: the node itself
    std::uint64_t bytes = 0;
    std::uint16_t depth = 0;
    bool isModule = false;  // other cells lie in it
    bool isTensor = false;  // the tensor at `node`, not all below it
    float header = 0;       // height of the line at its top that has its name; 0: there is no room for one
};

// The bytes below a node as rectangles: as large as their share, nested as the modules are, nearly square.
struct Treemap {
    std::shared_ptr<const TensorTree> tree;
    NodeId top;
    QSizeF size;
    std::vector<TreemapCell> cells;  // those that hold others before these

    // The innermost cell at a place, -1 where there is none.
    [[nodiscard]] int cellAt(const QPointF& place) const noexcept;
    // The first cell that shows this node, or the nearest module above it; -1 where there is none.
    [[nodiscard]] int cellOf(NodeId node) const noexcept;
};

// Squarified (Bruls, Huizing, van Wijk 2000). No more cells than there is room for: what would be smaller than some
// pixels is merged with its like. O(children log children) of the modules that have room; empty where stopped.
[[nodiscard]] Treemap layOutTreemap(std::shared_ptr<const TensorTree> tree, NodeId top, const QSizeF& size,
                                    double headerHeight, const std::stop_token& stop = {});

}  // namespace plimsoll::ui
