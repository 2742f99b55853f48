// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/row_table.h"

#include <QHeaderView>
#include <QStyledItemDelegate>
#include <QTableView>

namespace plimsoll::ui {
namespace {

// Whole rows are selected: a frame around the current cell would say otherwise.
class RowDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
        QStyledItemDelegate::initStyleOption(option, index);
        option->state &= ~QStyle::State_HasFocus;
    }
};

}  // namespace

void showAsRows(QTableView* table) {
    table->setItemDelegate(new RowDelegate(table));
    table->setShowGrid(false);
    table->setAlternatingRowColors(true);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->verticalHeader()->hide();
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table->horizontalHeader()->setHighlightSections(false);
}

void showAsTextRows(QTableView* table) {
    showAsRows(table);
    table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    table->setTextElideMode(Qt::ElideMiddle);
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 8);
}

}  // namespace plimsoll::ui
