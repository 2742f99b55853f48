// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/tensor_rows_model.h"

#include "jobs/dispose.h"
#include "text/names.h"
#include "text/text.h"

namespace plimsoll::ui {

void TensorRowsModel::setRows(TensorRows rows) {
    beginResetModel();
    auto before = std::make_shared<TensorRows>(std::exchange(shown_, std::move(rows)));
    endResetModel();
    dispose(std::move(before));
}

void TensorRowsModel::setColours(const QColor& secondary, const QColor& bad) {
    secondary_ = secondary;
    bad_ = bad;
}

NodeId TensorRowsModel::node(int row) const noexcept {
    return row >= 0 && row < rowCount() ? NodeId(shown_.rows[static_cast<std::size_t>(row)]) : NameTree::root();
}

TensorId TensorRowsModel::tensor(int row) const noexcept {
    return row >= 0 && row < rowCount() ? shown_.tree->tensor(node(row)) : TensorId();
}

int TensorRowsModel::rowOf(NodeId node) const noexcept {
    if (node.index() >= shown_.rowOf.size()) return -1;
    const std::uint32_t row = shown_.rowOf[node.index()];
    return row == TensorRows::kHidden ? -1 : static_cast<int>(row);
}

int TensorRowsModel::parentRow(int row) const noexcept {
    return row >= 0 && row < rowCount() ? rowOf(shown_.tree->nodes().parent(node(row))) : -1;
}

bool TensorRowsModel::hasChildren(int row) const noexcept {
    return row >= 0 && row < rowCount() && shown_.tree->listing() == Listing::Tree &&
           shown_.tree->childCount(node(row)) > 0;
}

bool TensorRowsModel::isExpanded(int row) const noexcept {
    return hasChildren(row) && shown_.expanded[node(row).index()];
}

void TensorRowsModel::setExpanded(int row, bool expanded) {
    if (!hasChildren(row) || isExpanded(row) == expanded) return;
    const NodeId above = node(row);
    const auto below = rowsBelow(*shown_.tree, shown_.expanded, above);
    const auto first = static_cast<std::size_t>(row) + 1;
    const auto at = shown_.rows.begin() + static_cast<std::ptrdiff_t>(first);
    const int last = row + static_cast<int>(below.size());
    if (expanded) {
        beginInsertRows({}, row + 1, last);
        shown_.rows.insert(at, below.begin(), below.end());
        shown_.expanded[above.index()] = true;
        renumber(first);
        endInsertRows();
    } else {
        beginRemoveRows({}, row + 1, last);
        shown_.rows.erase(at, at + static_cast<std::ptrdiff_t>(below.size()));
        shown_.expanded[above.index()] = false;
        for (const std::uint32_t hidden : below) shown_.rowOf[hidden] = TensorRows::kHidden;
        renumber(first);
        endRemoveRows();
    }
    emit dataChanged(index(row, Name), index(row, Name));
}

void TensorRowsModel::renumber(std::size_t fromRow) {
    for (std::size_t row = fromRow; row < shown_.rows.size(); ++row)
        shown_.rowOf[shown_.rows[row]] = static_cast<std::uint32_t>(row);
}

int TensorRowsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(shown_.rows.size());
}

int TensorRowsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant TensorRowsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const NodeId id = node(index.row());
    switch (role) {
        case Qt::DisplayRole:
            return text(id, index.column());
        case Qt::ToolTipRole:
            return toolTip(id);
        case Qt::AccessibleTextRole:
            return spokenText(index);
        case Qt::TextAlignmentRole:
            return index.column() >= Size ? QVariant(int(Qt::AlignRight | Qt::AlignVCenter))
                                          : QVariant(int(Qt::AlignLeft | Qt::AlignVCenter));
        case Qt::ForegroundRole:
            return colour(id, index.column());
        case ShareRole:
            return share(id);
        case IsTensorRole:
            return shown_.tree->tensor(id).valid();
        case DepthRole:
            return shown_.tree->listing() == Listing::Flat ? 0 : depth(id);
        case HasChildrenRole:
            return hasChildren(index.row());
        case ExpandedRole:
            return isExpanded(index.row());
        default:
            return {};
    }
}

int TensorRowsModel::depth(NodeId node) const noexcept {
    int levels = -1;
    for (; node != NameTree::root(); node = shown_.tree->nodes().parent(node)) ++levels;
    return levels;
}

QVariant TensorRowsModel::text(NodeId node, int column) const {
    const TensorTree& tree = *shown_.tree;
    const TensorId tensor = tree.tensor(node);
    const TensorTable& table = tree.checkpoint().tensors;
    switch (column) {
        case Name:
            return nameText(tree.listing() == Listing::Flat ? tree.nodes().path(node) : tree.nodes().label(node));
        case Shape:
            if (tensor.valid()) return shapeText(table.shape(tensor));
            return tensorsText(tree.tensorCount(node));
        case DType:
            return tensor.valid() ? QVariant(dtypeText(table, tensor)) : QVariant();
        case Size:
            return bytesText(tree.rowBytes(node));
        case Share:
            return percentText(tree.rowBytes(node), table.totalBytes());
        case Offset: {
            const auto offset = tensor.valid() ? table.fileOffset(tensor) : std::nullopt;
            return offset ? QVariant(countText(*offset)) : QVariant();
        }
        default:
            return {};
    }
}

QVariant TensorRowsModel::colour(NodeId node, int column) const {
    const TensorId tensor = shown_.tree->tensor(node);
    if (!tensor.valid()) return column == Name ? QVariant() : QVariant(secondary_);
    const bool absent = shown_.tree->checkpoint().tensors.storage(tensor).encoding == StorageEncoding::Absent;
    return absent ? QVariant(bad_) : QVariant();
}

QString TensorRowsModel::toolTip(NodeId node) const {
    const TensorId tensor = shown_.tree->tensor(node);
    const QString name = nameText(shown_.tree->nodes().path(node));
    if (!tensor.valid()) return name;
    if (shown_.tree->checkpoint().tensors.storage(tensor).encoding == StorageEncoding::Absent) {
        return tr("%1\nIts bytes are not here: a shard is missing or broken.").arg(name);
    }
    return name;
}

// A table has no word for what is open: without this a reader of the screen could not tell.
QString TensorRowsModel::spokenText(const QModelIndex& index) const {
    const QString shown = text(node(index.row()), index.column()).toString();
    if (index.column() != Name || !hasChildren(index.row())) return shown;
    return isExpanded(index.row()) ? tr("%1, expanded").arg(shown) : tr("%1, collapsed").arg(shown);
}

double TensorRowsModel::share(NodeId node) const {
    const std::uint64_t total = shown_.tree->checkpoint().tensors.totalBytes();
    return total == 0 ? 0.0 : static_cast<double>(shown_.tree->rowBytes(node)) / static_cast<double>(total);
}

QVariant TensorRowsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) {
        const bool right = section >= Size;
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
        case Offset:
            return tr("Offset");
        default:
            return {};
    }
}

}  // namespace plimsoll::ui
