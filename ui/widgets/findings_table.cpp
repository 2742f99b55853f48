// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/findings_table.h"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QKeyEvent>
#include <algorithm>
#include <utility>

#include "widgets/column_widths.h"
#include "widgets/row_table.h"

namespace plimsoll::ui {
namespace {

const QString kName = QStringLiteral("findings");
constexpr int kWhyEms = 38;  // at most
constexpr int kWhereEms = 26;
constexpr int kRowsLookedAt = 200;

}  // namespace

FindingsTable::FindingsTable(QWidget* parent) : QTableView(parent), model_(new FindingsModel(this)) {
    setModel(model_);
    showAsTextRows(this);
    QHeaderView* header = horizontalHeader();
    header->setStretchLastSection(false);
    const int em = fontMetrics().horizontalAdvance(QLatin1Char('m'));
    header->resizeSection(FindingsModel::Word, 11 * em);
    header->resizeSection(FindingsModel::Why, kWhyEms * em);
    header->resizeSection(FindingsModel::Where, kWhereEms * em);
    header->setResizeContentsPrecision(kRowsLookedAt);
    header->setSectionResizeMode(FindingsModel::What, QHeaderView::Stretch);
    rememberWidths(header, kName);
    model_->setPalette(palette());
    connect(selectionModel(), &QItemSelectionModel::currentRowChanged, this, &FindingsTable::currentRowChanged);
    connect(model_, &QAbstractItemModel::modelReset, this, &FindingsTable::currentRowChanged);
    connect(this, &QTableView::activated, this, &FindingsTable::rowActivated);
}

void FindingsTable::setRows(QList<FindingRow> rows) {
    model_->setRows(std::move(rows));
    if (model_->rowCount() > 0) fitColumns();
}

// What was found is said in full before there is room for anything else.
void FindingsTable::fitColumns() {
    const int em = fontMetrics().horizontalAdvance(QLatin1Char('m'));
    for (const auto& [column, most] :
         {std::pair(FindingsModel::Why, kWhyEms * em), {FindingsModel::Where, kWhereEms * em}})
        suggestWidth(horizontalHeader(), kName, column, std::min(sizeHintForColumn(column) + em, most));
}

std::string FindingsTable::currentTensor() const {
    const int row = currentIndex().row();
    return row >= 0 && row < model_->rowCount() ? model_->rows()[row].tensor : std::string();
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
