// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractItemModel>
#include <QColor>
#include <memory>

#include "models/tensor_tree.h"

namespace plimsoll::ui {

// Adapter of a TensorTree for views: QModelIndex::internalId() is the NodeId, nothing is kept per row, data() is O(1).
// GUI thread only.
class TensorTreeModel final : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { Name, Shape, DType, Size, Share, ColumnCount };
    enum Role { ShareRole = Qt::UserRole, IsTensorRole };  // ShareRole: 0..1 of all tensor bytes

    explicit TensorTreeModel(QObject* parent = nullptr) : QAbstractItemModel(parent) {}

    // Null shows nothing.
    void setTree(std::shared_ptr<const TensorTree> tree);
    [[nodiscard]] const std::shared_ptr<const TensorTree>& tree() const noexcept { return tree_; }
    // Text colours for what is secondary (counts) and for tensors without bytes.
    void setColours(const QColor& secondary, const QColor& bad);

    [[nodiscard]] NodeId node(const QModelIndex& index) const noexcept;  // the root for an invalid index
    [[nodiscard]] TensorId tensor(const QModelIndex& index) const noexcept;
    [[nodiscard]] QModelIndex indexOf(NodeId node) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    bool hasChildren(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    [[nodiscard]] QVariant text(NodeId node, int column) const;
    [[nodiscard]] QVariant toolTip(NodeId node) const;
    [[nodiscard]] double share(NodeId node) const;

    std::shared_ptr<const TensorTree> tree_;
    QColor secondary_;
    QColor bad_;
};

}  // namespace plimsoll::ui
