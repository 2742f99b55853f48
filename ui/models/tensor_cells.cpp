// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/tensor_cells.h"

#include <QStringList>
#include <QTimer>
#include <algorithm>
#include <cmath>
#include <span>

#include "tensor/stats.h"
#include "tensor/widen.h"
#include "text/text.h"

namespace plimsoll::ui {
namespace {

constexpr std::uint64_t kTileSide = 64;
constexpr std::uint64_t kWrapColumns = 8;
constexpr int kCacheBytes = 16 << 20;

std::span<const std::byte> spanOf(const QByteArray& bytes) {
    return std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

CellText::Kind kindOf(DType dtype, std::span<const std::byte> element) {
    const Composition composition = compositionOf(dtype);
    if (composition.value == DType::Opaque) return CellText::Kind::Number;
    const std::size_t width = element.size() / composition.parts;
    bool zero = true;
    for (std::size_t part = 0; part < composition.parts; ++part) {
        const double value = elementAsDouble(composition.value, element.subspan(part * width, width));
        if (std::isnan(value)) return CellText::Kind::Nan;
        if (std::isinf(value)) return CellText::Kind::Infinite;
        zero = zero && value == 0;
    }
    return zero ? CellText::Kind::Zero : CellText::Kind::Number;
}

}  // namespace

TensorCells::TensorCells(QObject* parent) : QObject(parent), tiles_(kCacheBytes) {}

void TensorCells::setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor) {
    checkpoint_ = std::move(checkpoint);
    tensor_ = tensor;
    form_ = checkpoint_ ? elementForm(checkpoint_->tensors, tensor) : ElementForm();
    const std::size_t rank = form_.shape.size();
    indices_.assign(rank, 0);
    rowAxis_ = rank >= 2 ? rank - 2 : 0;
    columnAxis_ = rank >= 2 ? rank - 1 : 0;
    start();
}

void TensorCells::setPlane(std::size_t rowAxis, std::size_t columnAxis, std::vector<std::uint64_t> indices) {
    rowAxis_ = rowAxis;
    columnAxis_ = columnAxis;
    indices_ = std::move(indices);
    start();
}

void TensorCells::start() {
    tiles_.clear();
    pending_.clear();
    failed_.clear();
    wanted_.clear();
    view_ = {};
    if (checkpoint_) {
        const std::uint64_t elements = form_.shape.empty() ? 1 : form_.shape.front();
        view_ = isWrapped() ? wrapped(elements, kWrapColumns) : planeOf(form_.shape, rowAxis_, columnAxis_, indices_);
        if (view_.rows == 0 || view_.columns == 0 || view_.end == 0) view_ = {};
    }
    emit reset();
}

void TensorCells::setFormat(NumberFormat format) {
    format_ = format;
    emit changed();
}

QString TensorCells::sliceText() const {
    if (form_.shape.size() <= 2) return {};
    QStringList parts;
    for (std::size_t d = 0; d < form_.shape.size(); ++d)
        parts << (d == rowAxis_ || d == columnAxis_ ? QStringLiteral(":") : QString::number(indices_[d]));
    return parts.join(QLatin1Char(','));
}

QString TensorCells::indexText(std::uint64_t row, std::uint64_t column) const {
    if (form_.shape.empty()) return QStringLiteral("[]");
    if (isWrapped()) return QStringLiteral("[%1]").arg(view_.element(row, column));
    QStringList parts;
    for (std::size_t d = 0; d < form_.shape.size(); ++d)
        parts << QString::number(d == rowAxis_ ? row : d == columnAxis_ ? column : indices_[d]);
    return QLatin1Char('[') + parts.join(QStringLiteral(", ")) + QLatin1Char(']');
}

std::optional<QPair<quint64, quint64>> TensorCells::cellOf(std::uint64_t element) const {
    if (view_.rows == 0) return std::nullopt;
    const std::uint64_t row = view_.rowStep == 0 ? 0 : element / view_.rowStep % view_.rows;
    const std::uint64_t column = view_.columnStep == 0 ? 0 : element / view_.columnStep % view_.columns;
    if (!view_.holds(row, column) || view_.element(row, column) != element) return std::nullopt;
    return QPair<quint64, quint64>(row, column);
}

std::optional<std::uint64_t> TensorCells::fileOffset(std::uint64_t row, std::uint64_t column) const {
    const TensorTable& table = checkpoint_->tensors;
    const auto first = table.fileOffset(tensor_);
    const bool sameElements = form_.dtype == table.dtype(tensor_);  // else the cells are not what the file holds
    if (!first || !sameElements) return std::nullopt;
    const auto stride = table.stride(tensor_);
    std::int64_t elements = 0;
    if (isWrapped()) {
        elements = stride.empty() ? 0 : static_cast<std::int64_t>(view_.element(row, column)) * stride[0];
    } else {
        for (std::size_t d = 0; d < stride.size(); ++d) {
            elements += static_cast<std::int64_t>(d == rowAxis_      ? row
                                                  : d == columnAxis_ ? column
                                                                     : indices_[d]) *
                        stride[d];
        }
    }
    return *first + static_cast<std::uint64_t>(elements) * form_.bytes;
}

GridRect TensorCells::rectOf(const Key& key) const {
    GridRect rect;
    rect.row = key.first * kTileSide;
    rect.column = key.second * kTileSide;
    rect.rows = rect.row < view_.rows ? std::min(kTileSide, view_.rows - rect.row) : 0;
    rect.columns = rect.column < view_.columns ? std::min(kTileSide, view_.columns - rect.column) : 0;
    return rect;
}

void TensorCells::request(const Key& key) const {
    if (pending_.contains(key)) return;
    pending_.insert(key);
    wanted_.push_back(key);
    if (wanted_.size() == 1)
        QTimer::singleShot(0, const_cast<TensorCells*>(this),
                           [self = const_cast<TensorCells*>(this)] { self->flushRequests(); });
}

void TensorCells::flushRequests() {
    if (wanted_.empty()) return;
    std::vector<CellTile> tiles;
    for (const Key& key : wanted_) tiles.push_back({key, rectOf(key)});
    wanted_.clear();
    emit tilesNeeded(tiles);
}

void TensorCells::setTile(const Key& key, const QByteArray& bytes) {
    pending_.remove(key);
    const GridRect rect = rectOf(key);
    if (rect.rows == 0 || rect.columns == 0) return;
    tiles_.insert(key, new QByteArray(bytes), static_cast<int>(bytes.size()));
    emit changed();
}

void TensorCells::setTileFailed(const Key& key) {
    pending_.remove(key);
    failed_.insert(key);
    emit changed();
}

void TensorCells::forgetTile(const Key& key) {
    pending_.remove(key);
}

QByteArray TensorCells::bytes(std::uint64_t row, std::uint64_t column) const {
    if (!view_.holds(row, column)) return {};
    const QByteArray* tile = tiles_.object({row / kTileSide, column / kTileSide});
    if (tile == nullptr) return {};
    const GridRect rect = rectOf({row / kTileSide, column / kTileSide});
    const std::uint64_t at = ((row - rect.row) * rect.columns + column - rect.column) * form_.bytes;
    return tile->mid(static_cast<qsizetype>(at), static_cast<qsizetype>(form_.bytes));
}

CellText TensorCells::cell(std::uint64_t row, std::uint64_t column) const {
    if (!view_.holds(row, column)) return {};
    const Key key{row / kTileSide, column / kTileSide};
    if (failed_.contains(key)) return {CellText::Kind::Failed, QStringLiteral("?")};
    const QByteArray element = bytes(row, column);
    if (element.isEmpty()) {
        request(key);
        return {CellText::Kind::Unread, {}};
    }
    return {kindOf(form_.dtype, spanOf(element)), toText(formatElementAs(form_.dtype, spanOf(element), format_))};
}

QString TensorCells::rowName(std::uint64_t row) const {
    return QString::number(isWrapped() ? row * view_.rowStep : row);
}

QString TensorCells::columnName(std::uint64_t column) const {
    return isWrapped() ? QStringLiteral("+%1").arg(column) : QString::number(column);
}

}  // namespace plimsoll::ui
