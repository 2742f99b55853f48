// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/tensor_values_model.h"

#include <QTimer>
#include <algorithm>
#include <span>

#include "tensor/stats.h"
#include "text/text.h"

namespace plimsoll::ui {
namespace {

constexpr int kWrapColumns = 8;
// QHeaderView keeps state per section: what a person will never scroll through must not cost memory.
constexpr std::uint64_t kMostRows = 1'000'000;
constexpr std::uint64_t kMostColumns = 20'000;
constexpr int kCacheBytes = 16 << 20;

}  // namespace

TensorValuesModel::TensorValuesModel(QObject* parent) : QAbstractTableModel(parent), tiles_(kCacheBytes) {}

void TensorValuesModel::setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor) {
    beginResetModel();
    checkpoint_ = std::move(checkpoint);
    tensor_ = tensor;
    leading_.clear();
    if (checkpoint_) {
        const auto rank = checkpoint_->tensors.shape(tensor).size();
        if (rank > 2) leading_.assign(rank - 2, 0);
    }
    layOut();
    endResetModel();
}

void TensorValuesModel::setLeading(const std::vector<std::uint64_t>& indices) {
    beginResetModel();
    leading_ = indices;
    layOut();
    endResetModel();
}

void TensorValuesModel::layOut() {
    tiles_.clear();
    pending_.clear();
    wanted_.clear();
    rows_ = columns_ = 0;
    base_ = slice_ = 0;
    cut_ = false;
    if (!checkpoint_) return;
    const TensorTable& table = checkpoint_->tensors;
    const DType dtype = table.dtype(tensor_);
    const std::uint32_t bits = bitWidth(dtype);
    const bool packed = bits == 0 || bits % 8 != 0;
    elementBytes_ = packed ? 1 : bits / 8;
    shownAs_ = packed ? DType::Opaque : dtype;
    const auto shape = table.shape(tensor_);
    std::uint64_t rows = 1;
    std::uint64_t columns = packed ? table.nbytes(tensor_) : table.elements(tensor_);
    wrapped_ = packed || shape.size() <= 1;
    if (!wrapped_) {
        rows = shape[shape.size() - 2];
        columns = shape.back();
        std::uint64_t place = 0;
        for (std::size_t i = 0; i < leading_.size(); ++i) place = place * shape[i] + leading_[i];
        base_ = place * rows * columns;
    }
    slice_ = rows * columns;
    if (wrapped_) {
        columns = std::min<std::uint64_t>(slice_, kWrapColumns);
        rows = columns == 0 ? 0 : (slice_ + columns - 1) / columns;
    }
    rowWidth_ = columns;
    cut_ = rows > kMostRows || columns > kMostColumns;
    if (slice_ == 0) return;
    rows_ = static_cast<int>(std::min(rows, kMostRows));
    columns_ = static_cast<int>(std::min(columns, kMostColumns));
}

ValueTile TensorValuesModel::tile(quint64 key) const {
    const int firstRow = static_cast<int>(key >> 32) * kTileSide;
    const int firstColumn = static_cast<int>(key & 0xffffffffU) * kTileSide;
    ValueTile result;
    result.key = key;
    result.rows = std::min(kTileSide, rows_ - firstRow);
    result.columns = std::min(kTileSide, columns_ - firstColumn);
    result.rowStride = rowWidth_;
    result.firstElement =
        base_ + static_cast<std::uint64_t>(firstRow) * rowWidth_ + static_cast<std::uint64_t>(firstColumn);
    return result;
}

void TensorValuesModel::request(quint64 key) const {
    if (pending_.contains(key)) return;
    pending_.insert(key);
    wanted_.push_back(key);
    if (wanted_.size() == 1) {
        auto* self = const_cast<TensorValuesModel*>(this);
        QTimer::singleShot(0, self, &TensorValuesModel::flushRequests);
    }
}

void TensorValuesModel::flushRequests() {
    if (wanted_.empty()) return;
    std::vector<ValueTile> tiles;
    for (const quint64 key : wanted_) tiles.push_back(tile(key));
    wanted_.clear();
    emit tilesNeeded(tiles);
}

void TensorValuesModel::setTile(quint64 key, const QByteArray& bytes) {
    pending_.remove(key);
    const ValueTile place = tile(key);
    if (place.rows <= 0 || place.columns <= 0) return;
    tiles_.insert(key, new QByteArray(bytes), static_cast<int>(bytes.size()));
    const int row = static_cast<int>(key >> 32) * kTileSide;
    const int column = static_cast<int>(key & 0xffffffffU) * kTileSide;
    emit dataChanged(index(row, column), index(row + place.rows - 1, column + place.columns - 1));
}

void TensorValuesModel::setTileFailed(quint64 key) {
    pending_.insert(key);
}

int TensorValuesModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : rows_;
}

int TensorValuesModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns_;
}

QVariant TensorValuesModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    if (role == Qt::TextAlignmentRole) return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    const int row = index.row();
    const int column = index.column();
    if (wrapped_ && static_cast<std::uint64_t>(row) * rowWidth_ + static_cast<std::uint64_t>(column) >= slice_)
        return {};
    const quint64 key = static_cast<quint64>(row / kTileSide) << 32 | static_cast<quint64>(column / kTileSide);
    const QByteArray* bytes = tiles_.object(key);
    if (bytes == nullptr) {
        request(key);
        return {};
    }
    const ValueTile place = tile(key);
    const auto at = static_cast<std::size_t>(row % kTileSide * place.columns + column % kTileSide) * elementBytes_;
    if (at + elementBytes_ > static_cast<std::size_t>(bytes->size())) return {};
    const auto all = std::as_bytes(std::span(bytes->constData(), static_cast<std::size_t>(bytes->size())));
    return toText(formatElement(shownAs_, all.subspan(at, elementBytes_)));
}

QVariant TensorValuesModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole) return {};
    if (wrapped_ && orientation == Qt::Vertical) {
        return QString::number(static_cast<std::uint64_t>(section) * rowWidth_);
    }
    return wrapped_ ? QStringLiteral("+%1").arg(section) : QString::number(section);
}

}  // namespace plimsoll::ui
