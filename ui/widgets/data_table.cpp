// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/data_table.h"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QKeyEvent>
#include <QScopedValueRollback>
#include <algorithm>
#include <utility>

#include "theme/theme.h"
#include "widgets/row_table.h"

namespace plimsoll::ui {
namespace {

constexpr int kMostRowsCopied = 100'000;  // a clipboard is no file
constexpr int kRowsMeasured = 100;        // for the widths of columns
constexpr int kLeastName = 15;            // letters m: less says nothing, rather the table scrolls

}  // namespace

void DataModel::setRows(int count, Text text, IsMuted isMuted) {
    beginResetModel();
    count_ = count;
    text_ = std::move(text);
    isMuted_ = std::move(isMuted);
    endResetModel();
}

void DataModel::setMutedColour(const QColor& colour) {
    muted_ = colour;
}

int DataModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : count_;
}

int DataModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(columns_.size());
}

QVariant DataModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= count_) return {};
    switch (role) {
        case Qt::DisplayRole:
        case Qt::ToolTipRole:
            return text_(index.row(), index.column());
        case Qt::AccessibleTextRole:
            return QStringLiteral("%1: %2").arg(columns_[index.column()].title, text_(index.row(), index.column()));
        case Qt::TextAlignmentRole:
            return QVariant::fromValue(Qt::AlignVCenter |
                                       (columns_[index.column()].isNumber ? Qt::AlignRight : Qt::AlignLeft));
        case Qt::ForegroundRole:
            return isMuted_ && isMuted_(index.row()) ? QVariant(muted_) : QVariant();
        default:
            return {};
    }
}

QVariant DataModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section >= columns_.size()) return {};
    if (role == Qt::DisplayRole) return columns_[section].title;
    if (role == Qt::ToolTipRole) return columns_[section].toolTip;
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignVCenter | (columns_[section].isNumber ? Qt::AlignRight : Qt::AlignLeft));
    return {};
}

DataTable::DataTable(QList<DataModel::Column> columns, QWidget* parent)
    : QTableView(parent), model_(new DataModel(std::move(columns), this)) {
    setModel(model_);
    showAsTextRows(this);
    QHeaderView* header = horizontalHeader();
    header->setMinimumSectionSize(30);
    connect(header, &QHeaderView::sectionResized, this, [this] {
        // A click elsewhere may show the table, or give it room, while the button is still down.
        if (!isFitting_ && QApplication::mouseButtons() != Qt::NoButton) isSizedByUser_ = true;
    });
    fitColumns();
    model_->setMutedColour(mutedText(palette()));
}

void DataTable::setRows(int count, DataModel::Text text, DataModel::IsMuted isMuted) {
    model_->setRows(count, std::move(text), std::move(isMuted));
    if (count > 0) fitColumns();
}

// What is short leaves its room to the names.
void DataTable::fitColumns() {
    if (isSizedByUser_) return;
    const QScopedValueRollback fitting(isFitting_, true);
    const QFontMetrics metrics = fontMetrics();
    const int em = metrics.horizontalAdvance(QLatin1Char('m'));
    for (int column = 0; column < model_->columnCount(); ++column) {
        const DataModel::Column& wanted = model_->columns()[column];
        if (wanted.width == 0) continue;
        const int arrow = horizontalHeader()->isSortIndicatorShown() ? em : 0;
        int width = metrics.horizontalAdvance(wanted.title) + arrow;
        for (int row = 0; row < std::min(rowCount(), kRowsMeasured); ++row)
            width = std::max(width, metrics.horizontalAdvance(cell(row, column)));
        horizontalHeader()->resizeSection(column, std::min(width, wanted.width * em) + em + em / 2);
    }
    giveRoomToNames();
}

void DataTable::giveRoomToNames() {
    const QScopedValueRollback fitting(isFitting_, true);
    int others = 0;
    for (int column = 0; column < model_->columnCount(); ++column)
        if (model_->columns()[column].width != 0) others += horizontalHeader()->sectionSize(column);
    const int least = kLeastName * fontMetrics().horizontalAdvance(QLatin1Char('m'));
    for (int column = 0; column < model_->columnCount(); ++column)
        if (model_->columns()[column].width == 0)
            horizontalHeader()->resizeSection(column, std::max(least, viewport()->width() - others));
}

void DataTable::resizeEvent(QResizeEvent* event) {
    QTableView::resizeEvent(event);
    giveRoomToNames();
}

QString DataTable::cell(int row, int column) const {
    return model_->index(row, column).data().toString();
}

QList<int> DataTable::selectedRows() const {
    QList<int> rows;
    for (const QItemSelectionRange& range : selectionModel()->selection())
        for (int row = range.top(); row <= range.bottom() && rows.size() < kMostRowsCopied; ++row) rows << row;
    std::sort(rows.begin(), rows.end());
    return rows;
}

void DataTable::copy() const {
    QList<int> rows = selectedRows();
    if (rows.isEmpty())
        for (int row = 0; row < std::min(rowCount(), kMostRowsCopied); ++row) rows << row;
    QStringList lines;
    for (const int row : rows) {
        QStringList cells;
        for (int column = 0; column < model_->columnCount(); ++column) cells << cell(row, column);
        lines << cells.join(QLatin1Char('\t'));
    }
    QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

void DataTable::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        copy();
        event->accept();
        return;
    }
    QTableView::keyPressEvent(event);
}

void DataTable::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) model_->setMutedColour(mutedText(palette()));
    QTableView::changeEvent(event);
}

}  // namespace plimsoll::ui
