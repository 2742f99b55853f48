// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QByteArray>
#include <QCache>
#include <QHash>
#include <QSet>
#include <memory>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace plimsoll::ui {

// A block of a tensor's grid that has to be read: `rows` runs of `columns` elements.
struct ValueTile {
    quint64 key = 0;  // names it towards the model
    std::uint64_t firstElement = 0;
    std::uint64_t rowStride = 0;  // elements between the starts of two runs
    int rows = 0;
    int columns = 0;
};

// The values of one tensor as a grid: its last two dimensions at fixed leading indices; vectors are wrapped. The model
// reads nothing: cells of tiles that it lacks are empty and asked for by tilesNeeded, once per turn of the event loop.
// GUI thread only.
class TensorValuesModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    explicit TensorValuesModel(QObject* parent = nullptr);

    void setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor);  // null: nothing
    // Indices of all dimensions but the last two; each below its dimension.
    void setLeading(const std::vector<std::uint64_t>& indices);
    [[nodiscard]] const std::vector<std::uint64_t>& leading() const noexcept { return leading_; }
    // True where the grid shows less than the slice holds.
    [[nodiscard]] bool isCut() const noexcept { return cut_; }
    [[nodiscard]] std::size_t elementBytes() const noexcept { return elementBytes_; }

    void setTile(quint64 key, const QByteArray& bytes);  // row-major, little-endian
    void setTileFailed(quint64 key);                     // is not asked for again

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

signals:
    void tilesNeeded(const std::vector<plimsoll::ui::ValueTile>& tiles);

private:
    static constexpr int kTileSide = 64;
    void layOut();
    [[nodiscard]] ValueTile tile(quint64 key) const;
    void request(quint64 key) const;
    void flushRequests();

    std::shared_ptr<const Checkpoint> checkpoint_;
    TensorId tensor_;
    std::vector<std::uint64_t> leading_;
    std::size_t elementBytes_ = 1;
    DType shownAs_ = DType::Opaque;
    bool wrapped_ = false;  // a vector, broken into rows
    bool cut_ = false;
    std::uint64_t base_ = 0;      // first element of the slice
    std::uint64_t slice_ = 0;     // elements of the slice
    std::uint64_t rowWidth_ = 1;  // elements of one whole row of the slice
    int rows_ = 0;
    int columns_ = 0;
    mutable QCache<quint64, QByteArray> tiles_;
    mutable QSet<quint64> pending_;  // asked for or failed
    mutable std::vector<quint64> wanted_;
};

}  // namespace plimsoll::ui
