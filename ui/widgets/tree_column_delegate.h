// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace plimsoll::ui {

// Draws the first column of a table whose rows are a tree: indent, arrow, text cut in the middle.
class TreeColumnDelegate final : public QStyledItemDelegate {
    Q_OBJECT
public:
    struct Roles {
        int depth;
        int hasChildren;
        int expanded;
    };
    TreeColumnDelegate(Roles roles, QObject* parent) : QStyledItemDelegate(parent), roles_(roles) {}
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    // Is this place of the cell (from its left edge) the arrow's?
    [[nodiscard]] bool hitsArrow(const QModelIndex& index, int x) const;

private:
    [[nodiscard]] int arrowLeft(const QModelIndex& index) const;
    Roles roles_;
};

}  // namespace plimsoll::ui
