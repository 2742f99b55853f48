// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/tensor_tree_model.h"

#include "text/text.h"

namespace plimsoll::ui {

void TensorTreeModel::setTree(std::shared_ptr<const TensorTree> tree) {
    beginResetModel();
    tree_ = std::move(tree);
    endResetModel();
}

void TensorTreeModel::setColours(const QColor& secondary, const QColor& bad) {
    secondary_ = secondary;
    bad_ = bad;
}

NodeId TensorTreeModel::node(const QModelIndex& index) const noexcept {
    return index.isValid() ? NodeId(static_cast<std::uint32_t>(index.internalId())) : NameTree::root();
}

TensorId TensorTreeModel::tensor(const QModelIndex& index) const noexcept {
    return tree_ && index.isValid() ? tree_->tree.tensor(node(index)) : TensorId();
}

QModelIndex TensorTreeModel::indexOf(NodeId node) const {
    if (!tree_ || node == NameTree::root()) return {};
    const std::uint32_t row = tree_->rowOf.empty() ? tree_->tree.rowInParent(node) : tree_->rowOf[node.index()];
    return createIndex(static_cast<int>(row), 0, static_cast<quintptr>(node.value));
}

QModelIndex TensorTreeModel::index(int row, int column, const QModelIndex& parent) const {
    if (column < 0 || column >= ColumnCount || row < 0 || row >= rowCount(parent)) return {};
    const NodeId first = tree_->tree.child(node(parent), 0);
    const std::uint32_t place = first.index() + static_cast<std::uint32_t>(row);
    return createIndex(row, column, static_cast<quintptr>(tree_->shownAt.empty() ? place : tree_->shownAt[place]));
}

QModelIndex TensorTreeModel::parent(const QModelIndex& index) const {
    if (!index.isValid() || !tree_) return {};
    return indexOf(tree_->tree.parent(node(index)));
}

int TensorTreeModel::rowCount(const QModelIndex& parent) const {
    if (!tree_ || parent.column() > 0) return 0;
    return static_cast<int>(tree_->tree.childCount(node(parent)));
}

bool TensorTreeModel::hasChildren(const QModelIndex& parent) const {
    return rowCount(parent) > 0;
}

int TensorTreeModel::columnCount(const QModelIndex& parent) const {
    return parent.column() > 0 ? 0 : ColumnCount;
}

QVariant TensorTreeModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || !tree_) return {};
    const NodeId id = node(index);
    switch (role) {
        case Qt::DisplayRole:
            return text(id, index.column());
        case Qt::ToolTipRole:
            return toolTip(id);
        case Qt::TextAlignmentRole:
            return index.column() == Size || index.column() == Share ? QVariant(int(Qt::AlignRight | Qt::AlignVCenter))
                                                                     : QVariant();
        case Qt::ForegroundRole: {
            const TensorId tensor = tree_->tree.tensor(id);
            if (!tensor.valid()) return index.column() == Name ? QVariant() : QVariant(secondary_);
            const bool absent = tree_->checkpoint->tensors.storage(tensor).encoding == StorageEncoding::Absent;
            return absent ? QVariant(bad_) : QVariant();
        }
        case ShareRole:
            return share(id);
        case IsTensorRole:
            return tree_->tree.tensor(id).valid();
        default:
            return {};
    }
}

QVariant TensorTreeModel::text(NodeId node, int column) const {
    const TensorId tensor = tree_->tree.tensor(node);
    const TensorTable& table = tree_->checkpoint->tensors;
    switch (column) {
        case Name:
            return toText(tree_->tree.label(node));
        case Shape:
            if (tensor.valid()) return shapeText(table.shape(tensor));
            return tensorsText(tree_->tree.tensorCount(node));
        case DType:
            return tensor.valid() ? QVariant(toText(shortName(table.dtype(tensor)))) : QVariant();
        case Size:
            return bytesText(tree_->tree.bytes(node));
        case Share:
            return percentText(tree_->tree.bytes(node), table.totalBytes());
        default:
            return {};
    }
}

QVariant TensorTreeModel::toolTip(NodeId node) const {
    const TensorId tensor = tree_->tree.tensor(node);
    const QString name = toText(tree_->tree.path(node));
    if (!tensor.valid()) return name;
    if (tree_->checkpoint->tensors.storage(tensor).encoding == StorageEncoding::Absent) {
        return tr("%1\nIts bytes are not here: a shard is missing or broken.").arg(name);
    }
    return name;
}

double TensorTreeModel::share(NodeId node) const {
    const std::uint64_t total = tree_->checkpoint->tensors.totalBytes();
    return total == 0 ? 0.0 : static_cast<double>(tree_->tree.bytes(node)) / static_cast<double>(total);
}

QVariant TensorTreeModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) {
        const bool right = section == Size || section == Share;
        return int((right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Name:
            return tr("Name");
        case Shape:
            return tr("Shape");
        case DType:
            return tr("Dtype");
        case Size:
            return tr("Size");
        case Share:
            return tr("Share");
        default:
            return {};
    }
}

}  // namespace plimsoll::ui
