// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/treemap_layout.h"

#include <algorithm>

namespace plimsoll::ui {
namespace {

constexpr double kLeastArea = 14;    // of a cell, in pixels
constexpr double kLeastSide = 8;     // of a module whose parts are drawn
constexpr double kHeaderWidth = 46;  // of a module that has its name on top
constexpr double kPadding = 2;

struct Item {
    NodeId node;
    std::uint64_t bytes = 0;
    std::uint32_t merged = 0;
    bool isTensor = false;
};

// Fills a rectangle with areas, row after row along its shorter side, each row as long as that makes its rectangles
// more square.
class Squarifier {
public:
    Squarifier(const QRectF& room, double bytes) : room_(room), scale_(room.width() * room.height() / bytes) {}

    template <class Place>
    void run(const std::vector<Item>& items, const Place& place) {
        std::size_t first = 0;
        while (first < items.size()) {
            double sum = 0;
            std::size_t last = first;
            double worst = 0;
            for (; last < items.size(); ++last) {
                const double longer = sum + area(items[last]);
                const double now = worstRatio(area(items[first]), area(items[last]), longer);
                if (last > first && now > worst) break;
                sum = longer;
                worst = now;
            }
            placeRow(items, first, last, sum, place);
            first = last;
        }
    }

private:
    [[nodiscard]] double area(const Item& item) const { return static_cast<double>(item.bytes) * scale_; }
    [[nodiscard]] double side() const { return std::min(room_.width(), room_.height()); }
    [[nodiscard]] double worstRatio(double most, double least, double sum) const {
        const double square = side() * side();
        return std::max(square * most / (sum * sum), sum * sum / (square * std::max(least, 1e-9)));
    }

    template <class Place>
    void placeRow(const std::vector<Item>& items, std::size_t first, std::size_t last, double sum, const Place& place) {
        const bool upright = room_.width() >= room_.height();  // the row stands at the left
        const double thick = side() > 0 ? sum / side() : 0;
        double at = upright ? room_.top() : room_.left();
        for (std::size_t i = first; i < last; ++i) {
            const double length = sum > 0 ? area(items[i]) / sum * side() : 0;
            place(items[i], upright ? QRectF(room_.left(), at, thick, length) : QRectF(at, room_.top(), length, thick));
            at += length;
        }
        if (upright) {
            room_.setLeft(std::min(room_.left() + thick, room_.right()));
        } else {
            room_.setTop(std::min(room_.top() + thick, room_.bottom()));
        }
    }

    QRectF room_;
    double scale_;
};

class TreemapBuilder {
public:
    TreemapBuilder(Treemap& map, double headerHeight) : map_(map), tree_(*map.tree), headerHeight_(headerHeight) {}

    void build(const std::stop_token& stop) {
        TreemapCell top;
        top.rect = QRectF(QPointF(0, 0), map_.size);
        top.node = map_.top;
        top.bytes = tree_.bytes(map_.top);
        map_.cells.push_back(top);
        fill(0, top.rect);
        // Cells are added behind: each is looked at once.
        for (std::size_t i = 1; i < map_.cells.size() && !stop.stop_requested(); ++i) open(i);
    }

private:
    void open(std::size_t index) {
        const TreemapCell cell = map_.cells[index];
        if (cell.merged > 0 || cell.isTensor || tree_.childCount(cell.node) == 0) return;
        const bool named = cell.rect.width() >= kHeaderWidth && cell.rect.height() >= headerHeight_ * 2.6;
        const double padding = std::min(cell.rect.width(), cell.rect.height()) > 24 ? kPadding : 0.5;
        const QRectF room = cell.rect.adjusted(padding, named ? headerHeight_ : padding, -padding, -padding);
        if (room.width() < kLeastSide || room.height() < kLeastSide) return;
        map_.cells[index].header = named ? static_cast<float>(headerHeight_) : 0;
        fill(index, room);
    }

    void fill(std::size_t index, const QRectF& room) {
        const NodeId node = map_.cells[index].node;
        const auto depth = static_cast<std::uint16_t>(map_.cells[index].depth + 1);
        auto items = itemsOf(node);
        std::uint64_t sum = 0;
        for (const Item& item : items) sum += item.bytes;
        if (sum == 0 || room.isEmpty()) return;
        mergeSmall(items, node, room.width() * room.height() / static_cast<double>(sum));
        map_.cells[index].isModule = true;
        Squarifier(room, static_cast<double>(sum)).run(items, [&](const Item& item, const QRectF& rect) {
            TreemapCell cell;
            cell.rect = rect;
            cell.node = item.node;
            cell.above = node;
            cell.merged = item.merged;
            cell.bytes = item.bytes;
            cell.depth = depth;
            cell.isTensor = item.isTensor;
            map_.cells.push_back(cell);
        });
    }

    // Most bytes first.
    std::vector<Item> itemsOf(NodeId node) const {
        std::vector<Item> items;
        const std::uint32_t children = tree_.childCount(node);
        items.reserve(children + std::size_t{1});
        std::uint64_t below = 0;
        for (std::uint32_t row = 0; row < children; ++row) {
            NodeId child = tree_.child(node, row);
            below += tree_.bytes(child);
            // Modules with a single part are one cell with it.
            while (tree_.childCount(child) == 1 && !tree_.tensor(child).valid()) child = tree_.child(child, 0);
            if (tree_.bytes(child) > 0)
                items.push_back(
                    {child, tree_.bytes(child), 0, tree_.childCount(child) == 0 && tree_.tensor(child).valid()});
        }
        if (tree_.bytes(node) > below) items.push_back({node, tree_.bytes(node) - below, 0, true});
        std::ranges::stable_sort(items, std::ranges::greater(), &Item::bytes);
        return items;
    }

    static void mergeSmall(std::vector<Item>& items, NodeId node, double pixelsPerByte) {
        const auto small = std::ranges::find_if(
            items, [&](const Item& item) { return static_cast<double>(item.bytes) * pixelsPerByte < kLeastArea; });
        if (items.end() - small < 2) return;
        Item merged{node, 0, static_cast<std::uint32_t>(items.end() - small), false};
        for (auto item = small; item != items.end(); ++item) merged.bytes += item->bytes;
        items.erase(small, items.end());
        items.push_back(merged);
    }

    Treemap& map_;
    const TensorTree& tree_;
    double headerHeight_;
};

}  // namespace

int Treemap::cellAt(const QPointF& place) const noexcept {
    for (std::size_t i = cells.size(); i-- > 0;)
        if (cells[i].rect.contains(place)) return static_cast<int>(i);
    return -1;
}

int Treemap::cellOf(NodeId node) const noexcept {
    for (;; node = tree->nodes().parent(node)) {
        for (std::size_t i = 0; i < cells.size(); ++i)
            if (cells[i].node == node && cells[i].merged == 0) return static_cast<int>(i);
        if (node == NameTree::root() || !node.valid()) return -1;
    }
}

Treemap layOutTreemap(std::shared_ptr<const TensorTree> tree, NodeId top, const QSizeF& size, double headerHeight,
                      const std::stop_token& stop) {
    Treemap map;
    map.tree = std::move(tree);
    map.top = top;
    map.size = size;
    if (!map.tree || size.isEmpty() || map.tree->bytes(top) == 0) return map;
    TreemapBuilder(map, headerHeight).build(stop);
    if (stop.stop_requested()) map.cells.clear();
    return map;
}

}  // namespace plimsoll::ui
