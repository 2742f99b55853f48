// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace plimsoll::ui {

// Draws a cell as a bar of its share (0..1, from `shareRole`) with the cell's text beside it.
class ShareDelegate final : public QStyledItemDelegate {
    Q_OBJECT
public:
    ShareDelegate(int shareRole, QObject* parent) : QStyledItemDelegate(parent), shareRole_(shareRole) {}
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    int shareRole_;
};

}  // namespace plimsoll::ui
