// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/file_map_painter.h"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "text/names.h"
#include "text/text.h"
#include "theme/theme.h"

namespace plimsoll::ui {
namespace {

constexpr double kNamed = 40;   // pixels of a part with room for its name
constexpr double kApart = 4;    // of a part that is set off from the one before it
constexpr double kPale = 0.22;  // what is left of the colour of a tensor that the filter hides

class FileMapPainter {
public:
    FileMapPainter(QPainter& painter, const FileLayout& layout, const FileMapGeometry& geometry, const TensorTree& tree,
                   const TensorColours& colours, const MapLook& look)
        : painter_(painter),
          layout_(layout),
          geometry_(geometry),
          tree_(tree),
          colours_(colours),
          look_(look),
          metrics_(look.font) {
        for (int i = 0; i <= TensorColours::kOther; ++i) {
            const QColor full = mapColour(i, look.palette);
            fills_[static_cast<std::size_t>(i)] = full;
            pale_[static_cast<std::size_t>(i)] = tint(full, look.palette, kPale);
        }
        unused_ = mapColour(kUnusedColour, look.palette);
        outside_ = mapColour(kOutsideColour, look.palette);
        painter_.setFont(look.font);
    }

    void paint() {
        const std::uint64_t last = std::min(geometry_.rows(), geometry_.firstRow + geometry_.visibleRows() + 1);
        for (std::uint64_t row = geometry_.firstRow; row < last; ++row) {
            paintPixels(row);
            paintEdges(row);
            paintOffset(row);
        }
    }

private:
    struct Sum {
        double red = 0;
        double green = 0;
        double blue = 0;
        double weight = 0;
        void add(const QColor& colour, double share) {
            red += colour.red() * share;
            green += colour.green() * share;
            blue += colour.blue() * share;
            weight += share;
        }
        [[nodiscard]] QRgb colour() const {
            const auto mean = [this](double channel) { return static_cast<int>(std::lround(channel / weight)); };
            return qRgb(mean(red), mean(green), mean(blue));
        }
    };

    [[nodiscard]] const QColor& colourOf(const FilePart& part) const {
        if (part.kind == FilePart::Kind::Unused) return unused_;
        if (part.kind != FilePart::Kind::Tensor) return outside_;
        const std::size_t index = part.tensor.index() < colours_.of.size() ? colours_.of[part.tensor.index()]
                                                                           : std::size_t{TensorColours::kOther};
        return tree_.shows(part.tensor) ? fills_[index] : pale_[index];
    }

    // The row as a line of device pixels.
    void paintPixels(std::uint64_t row) {
        const std::uint64_t begin = row * geometry_.bytesPerRow;
        const std::uint64_t bytes = std::min(geometry_.bytesPerRow, layout_.bytes - begin);
        const double share = static_cast<double>(bytes) / static_cast<double>(geometry_.bytesPerRow);
        const double width = geometry_.width() * share;
        const int pixels = std::max(1, static_cast<int>(std::lround(width * look_.pixelRatio)));
        QImage line(pixels, 1, QImage::Format_RGB32);
        auto* out = reinterpret_cast<QRgb*>(line.scanLine(0));
        const double perPixel = static_cast<double>(bytes) / pixels;
        std::size_t part = layout_.partAt(begin);
        for (int x = 0; x < pixels; ++x) {
            const double from = static_cast<double>(begin) + x * perPixel;
            const double to = from + perPixel;
            Sum sum;
            while (true) {
                const double partEnd = static_cast<double>(layout_.end(part));
                const double covered =
                    std::min(to, partEnd) - std::max(from, static_cast<double>(layout_.parts[part].begin));
                if (covered > 0) sum.add(colourOf(layout_.parts[part]), covered);
                if (partEnd >= to || part + 1 == layout_.parts.size()) break;
                ++part;
            }
            if (sum.weight == 0) sum.add(colourOf(layout_.parts[part]), 1);
            out[x] = sum.colour();
        }
        painter_.drawImage(QRectF(geometry_.left, top(row), width, geometry_.rowHeight), line);
    }

    // Where parts are large enough: a line where each begins, its name, and stripes over what is unused.
    void paintEdges(std::uint64_t row) {
        const std::uint64_t begin = row * geometry_.bytesPerRow;
        const std::uint64_t end = std::min(begin + geometry_.bytesPerRow, layout_.bytes);
        const double perByte = geometry_.width() / static_cast<double>(geometry_.bytesPerRow);
        const auto apart = static_cast<std::uint64_t>(kApart / perByte);
        for (std::uint64_t at = begin; at < end;) {
            const std::size_t part = layout_.partAt(at);
            const std::uint64_t partEnd = std::min(layout_.end(part), end);
            const std::uint64_t partBegin = std::max(layout_.parts[part].begin, begin);
            if (partEnd - partBegin >= apart) {
                const double x = geometry_.left + static_cast<double>(partBegin - begin) * perByte;
                const QRectF rect(x, top(row), static_cast<double>(partEnd - partBegin) * perByte, geometry_.rowHeight);
                if (layout_.parts[part].begin >= begin)
                    painter_.fillRect(QRectF(x, rect.top(), 1, rect.height()), look_.palette.color(QPalette::Base));
                paintPart(part, rect, layout_.parts[part].begin >= begin || row == geometry_.firstRow);
                at = partEnd;
            } else {
                // Parts that are too small for it are passed over together.
                at = std::max(partEnd, at + std::max<std::uint64_t>(apart / 2, 1));
            }
        }
    }

    void paintPart(std::size_t part, const QRectF& rect, bool firstRow) {
        if (layout_.parts[part].kind == FilePart::Kind::Unused) {
            QColor stripes = look_.palette.color(QPalette::Base);
            stripes.setAlphaF(0.55F);
            painter_.fillRect(rect, QBrush(stripes, Qt::BDiagPattern));
        }
        if (rect.width() < kNamed || !firstRow) return;
        painter_.setPen(look_.palette.color(QPalette::Text));
        const QRectF text = rect.adjusted(5, 0, -4, 0);
        painter_.drawText(text.toAlignedRect(), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip,
                          metrics_.elidedText(nameFor(part, text.width()), Qt::ElideRight, text.width()));
    }

    // As many components of the name, from its end, as have room.
    [[nodiscard]] QString nameFor(std::size_t part, double width) const {
        QString name = nameText(layout_.words(part));
        if (layout_.parts[part].kind != FilePart::Kind::Tensor) return name;
        while (metrics_.horizontalAdvance(name) > width) {
            const qsizetype dot = name.indexOf(QLatin1Char('.'));
            if (dot < 0) break;
            name.remove(0, dot + 1);
        }
        return name;
    }

    void paintOffset(std::uint64_t row) {
        painter_.setPen(mutedText(look_.palette));
        painter_.drawText(QRectF(0, top(row), geometry_.left - 8, geometry_.rowHeight),
                          Qt::AlignRight | Qt::AlignVCenter, bytesText(row * geometry_.bytesPerRow));
    }

    [[nodiscard]] double top(std::uint64_t row) const {
        return static_cast<double>(row - geometry_.firstRow) * geometry_.pitch();
    }

    QPainter& painter_;
    const FileLayout& layout_;
    const FileMapGeometry& geometry_;
    const TensorTree& tree_;
    const TensorColours& colours_;
    const MapLook& look_;
    QFontMetricsF metrics_;
    std::array<QColor, TensorColours::kOther + 1> fills_;
    std::array<QColor, TensorColours::kOther + 1> pale_;
    QColor unused_;
    QColor outside_;
};

}  // namespace

std::uint64_t FileMapGeometry::rows() const noexcept {
    return bytesPerRow == 0 ? 0 : fileBytes / bytesPerRow + (fileBytes % bytesPerRow == 0 ? 0 : 1);
}

std::uint64_t FileMapGeometry::visibleRows() const noexcept {
    return static_cast<std::uint64_t>(std::max(1.0, std::floor((size.height() + rowGap) / pitch())));
}

std::optional<std::uint64_t> FileMapGeometry::offsetAt(const QPointF& place) const noexcept {
    if (place.x() < left || place.x() >= size.width() || place.y() < 0 || width() <= 0) return std::nullopt;
    const auto row = static_cast<std::uint64_t>(place.y() / pitch());
    if (place.y() - static_cast<double>(row) * pitch() > rowHeight) return std::nullopt;
    const double share = (place.x() - left) / width();
    const std::uint64_t offset =
        (firstRow + row) * bytesPerRow + static_cast<std::uint64_t>(share * static_cast<double>(bytesPerRow));
    return offset < fileBytes ? std::optional(offset) : std::nullopt;
}

QPointF FileMapGeometry::placeOf(std::uint64_t offset) const noexcept {
    const std::uint64_t row = offset / bytesPerRow;
    const double share = static_cast<double>(offset % bytesPerRow) / static_cast<double>(bytesPerRow);
    const double down = static_cast<double>(row) - static_cast<double>(firstRow);
    return {left + share * width(), down * pitch()};
}

QList<QRectF> FileMapGeometry::rectsOf(std::uint64_t begin, std::uint64_t end) const {
    QList<QRectF> rects;
    const std::uint64_t seenEnd = std::min(end, (firstRow + visibleRows() + 1) * bytesPerRow);
    for (std::uint64_t at = std::max(begin, firstRow * bytesPerRow); at < seenEnd;) {
        const std::uint64_t rowEnd = std::min(seenEnd, (at / bytesPerRow + 1) * bytesPerRow);
        const QPointF from = placeOf(at);
        const double length = static_cast<double>(rowEnd - at) / static_cast<double>(bytesPerRow) * width();
        rects.append(QRectF(from, QSizeF(std::max(length, 1.0), rowHeight)));
        at = rowEnd;
    }
    return rects;
}

void paintFileMap(QPainter& painter, const FileLayout& layout, const FileMapGeometry& geometry, const TensorTree& tree,
                  const TensorColours& colours, const MapLook& look) {
    if (!layout.parts.empty()) FileMapPainter(painter, layout, geometry, tree, colours, look).paint();
}

QImage paintFileMap(const FileLayout& layout, const FileMapGeometry& geometry, const TensorTree& tree,
                    const TensorColours& colours, const MapLook& look) {
    QImage image((geometry.size * look.pixelRatio).toSize(), QImage::Format_RGB32);
    if (image.isNull()) return image;
    image.setDevicePixelRatio(look.pixelRatio);
    image.fill(look.palette.color(QPalette::Base));
    QPainter painter(&image);
    paintFileMap(painter, layout, geometry, tree, colours, look);
    return image;
}

}  // namespace plimsoll::ui
