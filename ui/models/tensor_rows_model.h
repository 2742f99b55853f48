// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QColor>

#include "models/tensor_tree.h"

namespace plimsoll::ui {

// Adapter of TensorRows for a table: a tree shown as rows. A QTreeView lays every row out on the GUI thread (a million
// siblings: 0.2 s); a table with rows of one height lays out what is seen. Nothing is kept per row but its node, data()
// is O(depth). GUI thread only.
class TensorRowsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, Shape, DType, Size, Share, Offset, ColumnCount };
    enum Role { ShareRole = Qt::UserRole, IsTensorRole, DepthRole, HasChildrenRole, ExpandedRole };

    explicit TensorRowsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    // One reset. No tree shows nothing.
    void setRows(TensorRows rows);
    [[nodiscard]] const std::shared_ptr<const TensorTree>& tree() const noexcept { return shown_.tree; }
    [[nodiscard]] const ExpandedNodes& expanded() const noexcept { return shown_.expanded; }
    // Text colours for what is secondary (counts) and for tensors without bytes.
    void setColours(const QColor& secondary, const QColor& bad);

    [[nodiscard]] NodeId node(int row) const noexcept;      // the root where there is no such row
    [[nodiscard]] TensorId tensor(int row) const noexcept;  // invalid for a module
    [[nodiscard]] int rowOf(NodeId node) const noexcept;    // -1 where it has none
    [[nodiscard]] int parentRow(int row) const noexcept;    // -1 at the top
    using QAbstractItemModel::hasChildren;
    [[nodiscard]] bool hasChildren(int row) const noexcept;
    [[nodiscard]] bool isExpanded(int row) const noexcept;
    // Lays a module open or folds it; only the rows below it change.
    void setExpanded(int row, bool expanded);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    [[nodiscard]] int depth(NodeId node) const noexcept;
    [[nodiscard]] QVariant text(NodeId node, int column) const;
    [[nodiscard]] QVariant colour(NodeId node, int column) const;
    [[nodiscard]] QString toolTip(NodeId node) const;
    [[nodiscard]] QString spokenText(const QModelIndex& index) const;
    [[nodiscard]] double share(NodeId node) const;
    void renumber(std::size_t fromRow);

    TensorRows shown_;
    QColor secondary_;
    QColor bad_;
};

}  // namespace plimsoll::ui
