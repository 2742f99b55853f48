// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>
#include <memory>
#include <vector>

#include "jobs/tree_job.h"
#include "models/tensor_tree_model.h"

class QLineEdit;
class QTreeView;

namespace plimsoll::ui {

class Label;

// The filter line and the tree of tensors.
class TreePane final : public QWidget {
    Q_OBJECT
public:
    explicit TreePane(QWidget* parent = nullptr);
    void setTree(std::shared_ptr<const TensorTree> tree);  // of all tensors; null: nothing
    void focusFilter();
    void selectTensor(TensorId tensor);  // clears a filter that hides it

signals:
    void tensorSelected(plimsoll::TensorId tensor);
    void treeShown();  // a filter or an order has taken effect

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildTree();
    void applyFilter();
    void changeOrder(int column, Qt::SortOrder order);
    void rebuild();
    void showTree(const std::shared_ptr<const TensorTree>& tree);
    void showCount();
    void showProblem(const QString& text);
    void expandFirst();
    void collectExpanded(const QModelIndex& parent, std::vector<NodeId>& into) const;
    void showContextMenu(const QPoint& position);
    void updateColours();

    QLineEdit* filter_;
    Label* count_;
    Label* problem_;
    QTreeView* view_;
    TensorTreeModel* model_;
    QTimer typing_;
    std::shared_ptr<const TensorTree> all_;
    TreeOrder order_;
    std::vector<NodeId> expandedUnfiltered_;
    LatestJob<TreeJob> job_;
    TensorId wanted_;  // to be selected when the tree that is being built is shown
};

}  // namespace plimsoll::ui
