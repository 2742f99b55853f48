// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractItemModel>
#include <memory>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace plimsoll::ui {

// Everything in a checkpoint that is not a tensor, as a tree; tensors appear as leaves that name their row. Children
// are made when a node is expanded, so shared and self-containing containers cost nothing. GUI thread only.
class MetadataModel final : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { Key, ValueText, Type, ColumnCount };
    // Of ValueText: a text without its quotes, up to its first MiB; anything else as it is shown.
    static constexpr int kFullTextRole = Qt::UserRole;

    explicit MetadataModel(QObject* parent = nullptr);
    ~MetadataModel() override;

    void setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint);  // null: empty
    [[nodiscard]] bool isEmpty() const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    bool hasChildren(const QModelIndex& parent = {}) const override;
    bool canFetchMore(const QModelIndex& parent) const override;
    void fetchMore(const QModelIndex& parent) override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    struct Node;
    class Builder;
    [[nodiscard]] QString fullText(const Node& node) const;
    [[nodiscard]] Node* nodeOf(const QModelIndex& index) const;

    std::shared_ptr<const Checkpoint> checkpoint_;
    std::unique_ptr<Node> root_;
};

}  // namespace plimsoll::ui
