// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTableView>

#include "models/tensor_rows_model.h"

namespace plimsoll::ui {

class TreeColumnDelegate;

// The table that behaves as a tree: arrows fold and unfold, keys walk. Shows a TensorRowsModel.
class TensorTable final : public QTableView {
    Q_OBJECT
public:
    explicit TensorTable(TensorRowsModel* model, QWidget* parent = nullptr);
    // Makes it current and scrolls to it; false where it has no row.
    bool showNode(NodeId node);

signals:
    void typed(const QString& text);  // letters: somebody is looking for a name
    void expandBelowRequested(int row);
    void copyRequested();

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    [[nodiscard]] bool hitsArrow(const QPoint& position) const;
    bool walk(int key);
    void moveTo(int row);
    void fitRows();

    TensorRowsModel* model_;
    TreeColumnDelegate* names_;
};

}  // namespace plimsoll::ui
