// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/metadata_model.h"

#include <algorithm>
#include <utility>

#include "jobs/dispose.h"
#include "text/names.h"
#include "text/text.h"

namespace plimsoll::ui {
namespace {
constexpr std::size_t kMostText = 1U << 20U;  // bytes
}

struct MetadataModel::Node {
    Node* parent = nullptr;
    int row = 0;
    Value value;
    QString key;
    QString text;
    QString type;
    bool hasChildren = false;
    bool fetched = false;
    std::vector<std::unique_ptr<Node>> children;
};

// Makes the children of one node.
class MetadataModel::Builder {
public:
    Builder(const Checkpoint& checkpoint, Node& parent)
        : checkpoint_(checkpoint), tree_(checkpoint.values), parent_(parent) {}

    static bool isContainer(const ValueTree& tree, Value v) {
        switch (v.kind) {
            case ValueKind::Tuple:
            case ValueKind::List:
            case ValueKind::Set:
            case ValueKind::FrozenSet:
                return !tree.items(v).empty();
            case ValueKind::Dict:
                return !tree.pairs(v).empty();
            case ValueKind::Object: {
                const ObjectParts& parts = tree.object(v);
                return parts.kwargs.kind == ValueKind::Dict || !parts.states.empty() || !parts.appended.empty() ||
                       !parts.items.empty() || (parts.args.kind == ValueKind::Tuple && !tree.items(parts.args).empty());
            }
            case ValueKind::Persistent:
                return true;
            default:
                return false;
        }
    }

    void addChildrenOf(Value v) {
        switch (v.kind) {
            case ValueKind::Tuple:
            case ValueKind::List:
            case ValueKind::Set:
            case ValueKind::FrozenSet:
                addItems(tree_.items(v), QStringLiteral("%1"));
                break;
            case ValueKind::Dict:
                addPairs(tree_.pairs(v));
                break;
            case ValueKind::Object:
                addObject(tree_.object(v));
                break;
            case ValueKind::Persistent:
                add(tr("id"), tree_.persistentId(v));
                break;
            default:
                break;
        }
    }

private:
    // A container of many is a state_dict, whose place is the tensor tree: its tensors become one row here.
    static constexpr std::size_t kFoldTensorsAbove = 24;
    static constexpr std::size_t kMostRows = 5'000;

    void addItems(std::span<const Value> items, const QString& keyForm) {
        Folding folding(items.size());
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (folding.skips(items[i])) continue;
            add(keyForm.arg(i), items[i]);
        }
        addFolded(folding);
    }

    void addPairs(std::span<const std::pair<Value, Value>> pairs) {
        Folding folding(pairs.size());
        for (const auto& [key, item] : pairs) {
            if (folding.skips(item)) continue;
            const bool isText = key.kind == ValueKind::String;
            add(isText ? toText(tree_.text(key)) : toText(repr(tree_, key, 80)), item);
        }
        addFolded(folding);
    }

    void addObject(const ObjectParts& parts) {
        if (parts.args.kind == ValueKind::Tuple) addItems(tree_.items(parts.args), tr("argument %1"));
        if (parts.kwargs.kind == ValueKind::Dict) addPairs(tree_.pairs(parts.kwargs));
        for (const Value& state : parts.states) {
            if (state.kind == ValueKind::Dict) {
                addPairs(tree_.pairs(state));
            } else {
                add(tr("state"), state);
            }
        }
        addItems(parts.appended, QStringLiteral("%1"));
        addPairs(parts.items);
    }

    struct Folding {
        explicit Folding(std::size_t size) : foldTensors(size > kFoldTensorsAbove) {}
        bool skips(const Value& item) {
            if (foldTensors && item.kind == ValueKind::Tensor) {
                ++tensors;
                return true;
            }
            if (shown == kMostRows) {
                ++others;
                return true;
            }
            ++shown;
            return false;
        }
        bool foldTensors;
        std::size_t shown = 0;
        std::size_t tensors = 0;
        std::size_t others = 0;
    };

    void addFolded(const Folding& folding) {
        if (folding.tensors > 0) addNote(tr("%1, listed in the tensor tree").arg(tensorsText(folding.tensors)));
        if (folding.others > 0) addNote(tr("%1 more entries").arg(countText(folding.others)));
    }

    void addNote(const QString& text) {
        Node& node = append();
        node.key = QStringLiteral("…");
        node.text = text;
    }

    void add(const QString& key, Value value) {
        Node& node = append();
        node.value = value;
        node.key = key;
        node.text = value.kind == ValueKind::Tensor ? tensorText(tree_.tensor(value)) : toText(repr(tree_, value, 160));
        node.type = typeText(value);
        node.hasChildren = isContainer(tree_, value);
    }

    Node& append() {
        auto node = std::make_unique<Node>();
        node->parent = &parent_;
        node->row = static_cast<int>(parent_.children.size());
        parent_.children.push_back(std::move(node));
        return *parent_.children.back();
    }

    QString tensorText(TensorId id) const {
        const TensorTable& table = checkpoint_.tensors;
        if (id.index() >= table.size()) return {};
        return QStringLiteral("%1 %2").arg(dtypeText(table, id), shapeText(table.shape(id)));
    }

    QString typeText(Value v) const {
        switch (v.kind) {
            case ValueKind::None:
                return QStringLiteral("None");
            case ValueKind::Bool:
                return QStringLiteral("bool");
            case ValueKind::Int:
            case ValueKind::BigInt:
                return QStringLiteral("int");
            case ValueKind::Float:
                return QStringLiteral("float");
            case ValueKind::String:
                return QStringLiteral("str");
            case ValueKind::ByteString:
                return QStringLiteral("str (Python 2)");
            case ValueKind::Bytes:
                return QStringLiteral("bytes");
            case ValueKind::ByteArray:
                return QStringLiteral("bytearray");
            case ValueKind::Tuple:
                return QStringLiteral("tuple, %1").arg(tree_.items(v).size());
            case ValueKind::List:
                return QStringLiteral("list, %1").arg(tree_.items(v).size());
            case ValueKind::Set:
                return QStringLiteral("set, %1").arg(tree_.items(v).size());
            case ValueKind::FrozenSet:
                return QStringLiteral("frozenset, %1").arg(tree_.items(v).size());
            case ValueKind::Dict:
                return QStringLiteral("dict, %1").arg(tree_.pairs(v).size());
            case ValueKind::Global:
                return tr("name");
            case ValueKind::Object:
                return className(v);
            case ValueKind::Persistent:
                return tr("persistent id");
            case ValueKind::Tensor:
                return QStringLiteral("tensor");
            case ValueKind::Storage:
                return QStringLiteral("storage");
        }
        return {};
    }

    QString className(Value v) const {
        const Value callable = tree_.object(v).callable;
        return callable.kind == ValueKind::Global ? toText(tree_.globalName(callable)) : tr("object");
    }

    const Checkpoint& checkpoint_;
    const ValueTree& tree_;
    Node& parent_;
};

MetadataModel::MetadataModel(QObject* parent) : QAbstractItemModel(parent), root_(std::make_unique<Node>()) {}
MetadataModel::~MetadataModel() = default;

void MetadataModel::setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint) {
    beginResetModel();
    // A search may have made a hundred thousand of them.
    dispose(std::shared_ptr<Node>(std::exchange(root_, std::make_unique<Node>())));
    root_->fetched = true;
    checkpoint_ = std::move(checkpoint);
    if (checkpoint_) {
        root_->value = checkpoint_->values.root();
        Builder(*checkpoint_, *root_).addChildrenOf(root_->value);
    }
    endResetModel();
}

bool MetadataModel::isEmpty() const {
    return root_->children.empty();
}

MetadataModel::Node* MetadataModel::nodeOf(const QModelIndex& index) const {
    return index.isValid() ? static_cast<Node*>(index.internalPointer()) : root_.get();
}

QModelIndex MetadataModel::index(int row, int column, const QModelIndex& parent) const {
    if (column < 0 || column >= ColumnCount || row < 0 || row >= rowCount(parent)) return {};
    return createIndex(row, column, nodeOf(parent)->children[static_cast<std::size_t>(row)].get());
}

QModelIndex MetadataModel::parent(const QModelIndex& index) const {
    Node* const above = index.isValid() ? nodeOf(index)->parent : nullptr;
    return above == nullptr || above == root_.get() ? QModelIndex() : createIndex(above->row, 0, above);
}

int MetadataModel::rowCount(const QModelIndex& parent) const {
    return parent.column() > 0 ? 0 : static_cast<int>(nodeOf(parent)->children.size());
}

int MetadataModel::columnCount(const QModelIndex& parent) const {
    return parent.column() > 0 ? 0 : ColumnCount;
}

bool MetadataModel::hasChildren(const QModelIndex& parent) const {
    if (parent.column() > 0) return false;
    const Node* node = nodeOf(parent);
    return node == root_.get() || node->fetched ? !node->children.empty() : node->hasChildren;
}

bool MetadataModel::canFetchMore(const QModelIndex& parent) const {
    const Node* node = nodeOf(parent);
    return parent.column() <= 0 && node->hasChildren && !node->fetched;
}

void MetadataModel::fetchMore(const QModelIndex& parent) {
    if (!canFetchMore(parent)) return;
    Node* node = nodeOf(parent);
    Node fresh;  // counted before the views are told how many rows come
    Builder(*checkpoint_, fresh).addChildrenOf(node->value);
    if (!fresh.children.empty()) beginInsertRows(parent, 0, static_cast<int>(fresh.children.size()) - 1);
    node->children = std::move(fresh.children);
    for (const auto& child : node->children) child->parent = node;
    node->fetched = true;
    if (!node->children.empty()) endInsertRows();
}

QVariant MetadataModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const Node* node = nodeOf(index);
    if (role == Qt::ToolTipRole && index.column() == ValueText) return node->text;
    if (role == kFullTextRole && index.column() == ValueText) return fullText(*node);
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Key:
            return node->key;
        case ValueText:
            return node->text;
        case Type:
            return node->type;
        default:
            return {};
    }
}

QString MetadataModel::fullText(const Node& node) const {
    const bool isText = node.value.kind == ValueKind::String || node.value.kind == ValueKind::ByteString;
    return isText ? toText(checkpoint_->values.text(node.value).substr(0, kMostText)) : node.text;
}

QVariant MetadataModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
        case Key:
            return tr("Key");
        case ValueText:
            return tr("Value");
        case Type:
            return tr("Type");
        default:
            return {};
    }
}

}  // namespace plimsoll::ui
