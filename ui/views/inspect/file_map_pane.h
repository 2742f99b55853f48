// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "models/tensor_tree.h"

class QComboBox;

namespace plimsoll::ui {

class ColourBox;
class ElidedLabel;
class FileMapPlot;
class MapFoot;

// Where everything lies in a file: tensors, what belongs to none of them, and bytes that nothing uses. Tensors that the
// filter hides are pale.
class FileMapPane final : public QWidget {
    Q_OBJECT
public:
    explicit FileMapPane(QWidget* parent = nullptr);
    void setTree(std::shared_ptr<const TensorTree> tree);  // null: nothing
    void setCurrent(TensorId tensor);                      // turns to its file
    [[nodiscard]] FileMapPlot* plot() const noexcept { return plot_; }

signals:
    void tensorChosen(plimsoll::TensorId tensor);
    void tensorActivated(plimsoll::TensorId tensor);

private:
    void fillFiles();
    void showFile();
    void showLayout();

    QComboBox* files_;
    ElidedLabel* sums_;
    ColourBox* colours_;
    FileMapPlot* plot_;
    MapFoot* foot_;
    std::shared_ptr<const TensorTree> tree_;
};

}  // namespace plimsoll::ui
