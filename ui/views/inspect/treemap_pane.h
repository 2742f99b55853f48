// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "models/tensor_tree.h"

namespace plimsoll::ui {

class Breadcrumb;
class ColourBox;
class MapFoot;
class TreemapPlot;

// The tensors that the filter lets through as a treemap of their bytes, with the path to what fills it.
class TreemapPane final : public QWidget {
    Q_OBJECT
public:
    explicit TreemapPane(QWidget* parent = nullptr);
    void setTree(std::shared_ptr<const TensorTree> tree);  // null: nothing
    void setCurrent(NodeId node);
    [[nodiscard]] TreemapPlot* plot() const noexcept { return plot_; }

signals:
    void nodeChosen(plimsoll::NodeId node);
    void nodeActivated(plimsoll::NodeId node);

private:
    void showPath();

    Breadcrumb* path_;
    ColourBox* colours_;
    TreemapPlot* plot_;
    MapFoot* foot_;
    std::shared_ptr<const TensorTree> tree_;
};

}  // namespace plimsoll::ui
