// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/findings_table.h"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QKeyEvent>

#include "widgets/column_widths.h"
#include "widgets/row_table.h"

namespace plimsoll::ui {

FindingsTable::FindingsTable(QWidget* parent) : QTableView(parent), model_(new FindingsModel(this)) {
    setModel(model_);
    showAsTextRows(this);
    QHeaderView* header = horizontalHeader();
    header->setStretchLastSection(false);
    const int em = fontMetrics().horizontalAdvance(QLatin1Char('m'));
    header->resizeSection(FindingsModel::Word, 11 * em);
    header->resizeSection(FindingsModel::Why, 30 * em);
    header->resizeSection(FindingsModel::Where, 26 * em);
    header->setSectionResizeMode(FindingsModel::What, QHeaderView::Stretch);
    rememberWidths(header, QStringLiteral("findings"));
    model_->setPalette(palette());
}

void FindingsTable::setRows(QList<FindingRow> rows) {
    model_->setRows(std::move(rows));
}

void FindingsTable::copy() const {
    QStringList lines;
    for (int row = 0; row < model_->rowCount(); ++row) {
        if (selectionModel()->hasSelection() && !selectionModel()->isRowSelected(row, {})) continue;
        const FindingRow& finding = model_->rows()[row];
        lines << QStringList{finding.word, finding.what, finding.why, finding.where}.join(QLatin1Char('\t'));
    }
    QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

void FindingsTable::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        copy();
        event->accept();
        return;
    }
    QTableView::keyPressEvent(event);
}

void FindingsTable::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) model_->setPalette(palette());
    QTableView::changeEvent(event);
}

}  // namespace plimsoll::ui
