// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/treemap_painter.h"

#include <QFontMetricsF>
#include <QObject>
#include <QPainter>
#include <algorithm>
#include <array>

#include "text/names.h"
#include "text/text.h"
#include "theme/theme.h"

namespace plimsoll::ui {
namespace {

constexpr double kNamedWidth = 34;  // of a leaf with room for its name

class TreemapPainter {
public:
    TreemapPainter(QPainter& painter, const Treemap& map, const TensorColours& colours, const MapLook& look)
        : painter_(painter), map_(map), colours_(colours), palette_(look.palette), metrics_(look.font) {
        for (int i = 0; i <= TensorColours::kOther; ++i) fills_[static_cast<std::size_t>(i)] = mapColour(i, palette_);
        painter_.setFont(look.font);
    }

    void paint() {
        for (const TreemapCell& cell : map_.cells) {
            if (cell.isModule) {
                paintModule(cell);
            } else {
                paintLeaf(cell);
            }
        }
    }

private:
    void paintModule(const TreemapCell& cell) {
        if (cell.depth == 0) return;
        const double depth = std::min(1.0, 0.2 + 0.14 * cell.depth);
        painter_.fillRect(inside(cell.rect), tint(hairline(palette_), palette_, depth));
        if (cell.header == 0) return;
        const QRectF line(cell.rect.left() + 5, cell.rect.top() + 1, cell.rect.width() - 9, cell.header - 1.0);
        const QString size = bytesText(cell.bytes);
        const double sizeWidth = metrics_.horizontalAdvance(size);
        const bool both = line.width() > sizeWidth + 60;
        painter_.setPen(palette_.color(QPalette::Text));
        const double nameWidth = both ? line.width() - sizeWidth - 8 : line.width();
        write(QRectF(line.topLeft(), QSizeF(nameWidth, line.height())), Qt::AlignLeft | Qt::AlignVCenter,
              metrics_.elidedText(cellName(map_, cell), Qt::ElideMiddle, nameWidth));
        if (!both) return;
        painter_.setPen(mutedText(palette_));
        write(line, Qt::AlignRight | Qt::AlignVCenter, size);
    }

    void paintLeaf(const TreemapCell& cell) {
        const QRectF area = inside(cell.rect);
        const QColor fill = colourOf(cell);
        painter_.fillRect(area, fill);
        if (cell.merged > 0) {
            QColor dots = palette_.color(QPalette::Base);
            dots.setAlphaF(0.5F);
            painter_.fillRect(area, QBrush(dots, Qt::Dense6Pattern));
        }
        const double line = metrics_.height();
        if (area.width() < kNamedWidth || area.height() < line + 2) return;
        painter_.setPen(palette_.color(QPalette::Text));
        const QRectF text = area.adjusted(5, 2, -4, -2);
        write(text, Qt::AlignLeft | Qt::AlignTop,
              metrics_.elidedText(cellName(map_, cell), Qt::ElideRight, text.width()));
        if (area.height() < 2 * line + 4 || metrics_.horizontalAdvance(bytesText(cell.bytes)) > text.width()) return;
        painter_.setPen(mix(palette_.color(QPalette::Text), fill));
        write(text.translated(0, line), Qt::AlignLeft | Qt::AlignTop, bytesText(cell.bytes));
    }

    // On whole pixels, else letters lose a line.
    void write(const QRectF& room, int flags, const QString& text) {
        painter_.drawText(room.toAlignedRect(), flags | Qt::TextDontClip, text);
    }

    // A module too small to be opened has the colour of what is largest in it.
    [[nodiscard]] QColor colourOf(const TreemapCell& cell) const {
        if (cell.merged > 0) return fills_[TensorColours::kOther];
        NodeId node = cell.node;
        while (!cell.isTensor && map_.tree->childCount(node) > 0) {
            NodeId most = map_.tree->child(node, 0);
            const std::uint32_t looked = std::min(map_.tree->childCount(node), std::uint32_t{16});
            for (std::uint32_t row = 1; row < looked; ++row)
                if (map_.tree->bytes(map_.tree->child(node, row)) > map_.tree->bytes(most))
                    most = map_.tree->child(node, row);
            node = most;
        }
        const TensorId tensor = map_.tree->tensor(node);
        const bool known = tensor.valid() && tensor.index() < colours_.of.size();
        return fills_[known ? colours_.of[tensor.index()] : std::size_t{TensorColours::kOther}];
    }

    static QColor mix(const QColor& a, const QColor& b) {
        const auto channel = [](int x, int y) { return (x * 7 + y * 3) / 10; };
        return QColor(channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue()));
    }

    // Cells stand apart by a line where they have room for it.
    static QRectF inside(const QRectF& rect) {
        const double gap = std::min(rect.width(), rect.height()) > 5 ? 0.5 : 0.15;
        return rect.adjusted(gap, gap, -gap, -gap);
    }

    QPainter& painter_;
    const Treemap& map_;
    const TensorColours& colours_;
    const QPalette& palette_;
    QFontMetricsF metrics_;
    std::array<QColor, TensorColours::kOther + 1> fills_;
};

}  // namespace

QString cellName(const Treemap& map, const TreemapCell& cell) {
    if (cell.merged > 0) return QObject::tr("%1 more").arg(countText(cell.merged));
    if (cell.isTensor && map.tree->childCount(cell.node) > 0) return QObject::tr("(itself)");
    const NameTree& nodes = map.tree->nodes();
    const std::size_t above = nodes.path(cell.above).size();
    const std::string_view path = nodes.path(cell.node);
    return nameText(path.substr(above == 0 ? 0 : std::min(above + 1, path.size())));
}

void paintTreemap(QPainter& painter, const Treemap& map, const TensorColours& colours, const MapLook& look) {
    painter.setRenderHint(QPainter::Antialiasing);
    TreemapPainter(painter, map, colours, look).paint();
}

QImage paintTreemap(const Treemap& map, const TensorColours& colours, const MapLook& look) {
    QImage image((map.size * look.pixelRatio).toSize(), QImage::Format_RGB32);
    if (image.isNull()) return image;
    image.setDevicePixelRatio(look.pixelRatio);
    image.fill(look.palette.color(QPalette::Base));
    QPainter painter(&image);
    paintTreemap(painter, map, colours, look);
    return image;
}

}  // namespace plimsoll::ui
