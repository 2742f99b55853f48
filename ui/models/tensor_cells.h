// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QCache>
#include <QObject>
#include <QPair>
#include <QSet>
#include <QString>
#include <memory>
#include <optional>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "checkpoint/grid_view.h"
#include "checkpoint/tensor_part.h"
#include "tensor/number_format.h"

namespace plimsoll::ui {

// A block of a tensor's grid that has to be read.
struct CellTile {
    QPair<quint64, quint64> key;  // names it towards TensorCells
    GridRect rect;
};

// What stands in a cell.
struct CellText {
    enum class Kind : std::uint8_t { Unread, Failed, Nothing, Number, Zero, Nan, Infinite };
    Kind kind = Kind::Nothing;
    QString text;
};

// The values of one tensor as a table of any size: two of its dimensions, the others at fixed indices; vectors are
// wrapped. It reads nothing: cells of tiles that it lacks are asked for by tilesNeeded, once per turn of the event
// loop. GUI thread only.
class TensorCells final : public QObject {
    Q_OBJECT
public:
    explicit TensorCells(QObject* parent = nullptr);

    void setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor);  // null: nothing
    // Axes differ; one index per dimension, below it. For tensors of two dimensions and more.
    void setPlane(std::size_t rowAxis, std::size_t columnAxis, std::vector<std::uint64_t> indices);
    void setFormat(NumberFormat format);

    [[nodiscard]] const std::shared_ptr<const Checkpoint>& checkpoint() const noexcept { return checkpoint_; }
    [[nodiscard]] TensorId tensor() const noexcept { return tensor_; }
    [[nodiscard]] const ElementForm& form() const noexcept { return form_; }
    [[nodiscard]] const GridView& view() const noexcept { return view_; }
    [[nodiscard]] NumberFormat format() const noexcept { return format_; }
    [[nodiscard]] bool isWrapped() const noexcept { return form_.shape.size() < 2; }
    [[nodiscard]] std::size_t rowAxis() const noexcept { return rowAxis_; }
    [[nodiscard]] std::size_t columnAxis() const noexcept { return columnAxis_; }
    // As plimsoll-cli's --slice has it: "3,:,0,:"; empty for a whole tensor.
    [[nodiscard]] QString sliceText() const;
    // Of a cell, one per dimension: "[3, 17, 0, 2]".
    [[nodiscard]] QString indexText(std::uint64_t row, std::uint64_t column) const;
    // The cell of an element, nothing where the plane does not show it.
    [[nodiscard]] std::optional<QPair<quint64, quint64>> cellOf(std::uint64_t element) const;
    // From the file's start, where the bytes lie there as they are.
    [[nodiscard]] std::optional<std::uint64_t> fileOffset(std::uint64_t row, std::uint64_t column) const;

    [[nodiscard]] CellText cell(std::uint64_t row, std::uint64_t column) const;
    // The element's bytes where they have been read.
    [[nodiscard]] QByteArray bytes(std::uint64_t row, std::uint64_t column) const;
    [[nodiscard]] QString rowName(std::uint64_t row) const;
    [[nodiscard]] QString columnName(std::uint64_t column) const;

    void setTile(const QPair<quint64, quint64>& key, const QByteArray& bytes);  // row-major, little-endian
    void setTileFailed(const QPair<quint64, quint64>& key);                     // is not asked for again
    void forgetTile(const QPair<quint64, quint64>& key);                        // may be asked for again

signals:
    void tilesNeeded(const std::vector<plimsoll::ui::CellTile>& tiles);
    void reset();    // another tensor or plane
    void changed();  // a tile has come, or the format is another

private:
    using Key = QPair<quint64, quint64>;
    void start();
    [[nodiscard]] GridRect rectOf(const Key& key) const;
    void request(const Key& key) const;
    void flushRequests();

    std::shared_ptr<const Checkpoint> checkpoint_;
    TensorId tensor_;
    ElementForm form_;
    GridView view_;
    std::size_t rowAxis_ = 0;
    std::size_t columnAxis_ = 1;
    std::vector<std::uint64_t> indices_;
    NumberFormat format_ = NumberFormat::Shortest;
    mutable QCache<Key, QByteArray> tiles_;
    mutable QSet<Key> pending_;
    QSet<Key> failed_;
    mutable std::vector<Key> wanted_;
};

}  // namespace plimsoll::ui
