// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/tensor_table.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QMouseEvent>

#include "widgets/row_table.h"
#include "widgets/share_delegate.h"
#include "widgets/tree_column_delegate.h"

namespace plimsoll::ui {

TensorTable::TensorTable(TensorRowsModel* model, QWidget* parent)
    : QTableView(parent),
      model_(model),
      names_(new TreeColumnDelegate(
          {TensorRowsModel::DepthRole, TensorRowsModel::HasChildrenRole, TensorRowsModel::ExpandedRole}, this)) {
    setModel(model_);
    setItemDelegateForColumn(TensorRowsModel::Name, names_);
    setItemDelegateForColumn(TensorRowsModel::Share, new ShareDelegate(TensorRowsModel::ShareRole, this));
    setFrameShape(QFrame::NoFrame);
    showAsRows(this);
    setCornerButtonEnabled(false);
    setSelectionMode(ExtendedSelection);
    // Of its own and always empty: to paint itself the header would ask whether every row of a column is selected.
    horizontalHeader()->setSelectionModel(new QItemSelectionModel(model_, this));
    fitRows();
}

void TensorTable::fitRows() {
    const int height = fontMetrics().height() + 6;
    verticalHeader()->setMinimumSectionSize(height);
    verticalHeader()->setDefaultSectionSize(height);
}

void TensorTable::changeEvent(QEvent* event) {
    if (event->type() == QEvent::FontChange) fitRows();
    QTableView::changeEvent(event);
}

bool TensorTable::showNode(NodeId node) {
    const int row = model_->rowOf(node);
    if (row < 0) return false;
    const QModelIndex index = model_->index(row, TensorRowsModel::Name);
    setCurrentIndex(index);
    scrollTo(index, PositionAtCenter);
    return true;
}

bool TensorTable::hitsArrow(const QPoint& position) const {
    const QModelIndex index = indexAt(position);
    return index.column() == TensorRowsModel::Name && names_->hitsArrow(index, position.x() - visualRect(index).left());
}

void TensorTable::mousePressEvent(QMouseEvent* event) {
    const QPoint at = event->position().toPoint();
    if (event->button() == Qt::LeftButton && hitsArrow(at)) {
        const int row = indexAt(at).row();
        model_->setExpanded(row, !model_->isExpanded(row));
        event->accept();
        return;
    }
    QTableView::mousePressEvent(event);
}

void TensorTable::mouseDoubleClickEvent(QMouseEvent* event) {
    const QPoint at = event->position().toPoint();
    const int row = indexAt(at).row();
    // The second press of two quick ones on the arrow: it folds what the first laid open.
    if (event->button() == Qt::LeftButton && model_->hasChildren(row)) {
        model_->setExpanded(row, !model_->isExpanded(row));
        event->accept();
        return;
    }
    QTableView::mouseDoubleClickEvent(event);
}

void TensorTable::keyPressEvent(QKeyEvent* event) {
    const auto modifiers = event->modifiers() & ~(Qt::KeypadModifier | Qt::ShiftModifier);
    if (modifiers == Qt::NoModifier && walk(event->key())) {
        event->accept();
        return;
    }
    if (event->matches(QKeySequence::Copy)) {
        emit copyRequested();
        event->accept();
        return;
    }
    const QString text = event->text();
    const bool printable = !text.isEmpty() && text.front().isPrint() && text != QStringLiteral(" ");
    // Not keyboardSearch(): it would read the name of every row.
    if (modifiers == Qt::NoModifier && printable) {
        emit typed(text);
        event->accept();
        return;
    }
    QTableView::keyPressEvent(event);
}

bool TensorTable::walk(int key) {
    const int row = currentIndex().row();
    switch (key) {
        case Qt::Key_Right:
        case Qt::Key_Plus:
            if (!model_->hasChildren(row)) return true;
            if (!model_->isExpanded(row)) {
                model_->setExpanded(row, true);
            } else if (key == Qt::Key_Right) {
                moveTo(row + 1);
            }
            return true;
        case Qt::Key_Left:
        case Qt::Key_Minus:
            if (model_->isExpanded(row)) {
                model_->setExpanded(row, false);
            } else if (key == Qt::Key_Left) {
                moveTo(model_->parentRow(row));
            }
            return true;
        case Qt::Key_Asterisk:
            if (model_->hasChildren(row)) emit expandBelowRequested(row);
            return true;
        case Qt::Key_Home:
            moveTo(0);
            return true;
        case Qt::Key_End:
            moveTo(model_->rowCount() - 1);
            return true;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (!model_->hasChildren(row)) return false;
            model_->setExpanded(row, !model_->isExpanded(row));
            return true;
        default:
            return false;
    }
}

void TensorTable::moveTo(int row) {
    if (row >= 0 && row < model_->rowCount()) setCurrentIndex(model_->index(row, TensorRowsModel::Name));
}

}  // namespace plimsoll::ui
