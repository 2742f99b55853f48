// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load_lab/strategy_table.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <functional>

#include "theme/theme.h"
#include "views/load_lab/strategy_list.h"
#include "widgets/row_table.h"

namespace plimsoll::ui {
namespace {

constexpr int kStrategy = 0;
constexpr int kToneRole = Qt::UserRole;

}  // namespace

StrategyTable::StrategyTable(const QList<Head>& heads, QWidget* parent)
    : QTableWidget(0, static_cast<int>(heads.size()), parent), heads_(heads) {
    for (int column = 0; column < columnCount(); ++column) {
        auto* title = new QTableWidgetItem(heads_[column].title);
        title->setToolTip(heads_[column].toolTip);
        title->setTextAlignment((heads_[column].isFigure ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
        setHorizontalHeaderItem(column, title);
    }
    showAsTextRows(this);
    setSelectionMode(SingleSelection);
    setEditTriggers(NoEditTriggers);
    horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
}

int StrategyTable::addRow(const QString& strategy) {
    const QSignalBlocker quiet(this);
    const int row = rowCount();
    insertRow(row);
    setCell(row, kStrategy, strategy);
    updateIcon(row);
    return row;
}

void StrategyTable::setCell(int row, int column, const QString& text, const QString& toolTip) {
    const QSignalBlocker quiet(this);
    auto* cell = new QTableWidgetItem(text);
    cell->setToolTip(toolTip);
    cell->setTextAlignment((heads_[column].isFigure ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    setItem(row, column, cell);
}

void StrategyTable::setTone(int row, int column, Tone tone) {
    const QSignalBlocker quiet(this);
    item(row, column)->setData(kToneRole, static_cast<int>(tone));
    updateTone(item(row, column));
}

void StrategyTable::updateTone(QTableWidgetItem* cell) {
    if (cell == nullptr || !cell->data(kToneRole).isValid()) return;
    const QSignalBlocker quiet(this);
    switch (static_cast<Tone>(cell->data(kToneRole).toInt())) {
        case Tone::Good:
            return cell->setForeground(goodColour(palette()));
        case Tone::Warning:
            return cell->setForeground(warnColour(palette()));
        case Tone::Bad:
            return cell->setForeground(badColour(palette()));
    }
}

void StrategyTable::copy() const {
    const QList<QTableWidgetSelectionRange> chosen = selectedRanges();
    QStringList lines;
    const auto add = [&](const std::function<QString(int)>& text) {
        QStringList cells;
        for (int visual = 0; visual < columnCount(); ++visual) {
            const int column = horizontalHeader()->logicalIndex(visual);
            if (!isColumnHidden(column)) cells << text(column);
        }
        lines << cells.join(QLatin1Char('\t'));
    };
    const auto addRowText = [&](int row) {
        add([this, row](int column) {
            const QTableWidgetItem* cell = item(row, column);
            return cell == nullptr ? QString() : cell->text();
        });
    };
    if (chosen.isEmpty()) {
        add([this](int column) { return heads_[column].title; });
        for (int row = 0; row < rowCount(); ++row) addRowText(row);
    } else {
        addRowText(chosen.first().topRow());
    }
    QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

void StrategyTable::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        copy();
        event->accept();
        return;
    }
    QTableWidget::keyPressEvent(event);
}

void StrategyTable::updateIcon(int row) {
    const QSignalBlocker quiet(this);
    QTableWidgetItem* name = item(row, kStrategy);
    name->setIcon(strategySwatch(name->text().toStdString(), palette()));
}

void StrategyTable::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        for (int row = 0; row < rowCount(); ++row) {
            updateIcon(row);
            for (int column = 0; column < columnCount(); ++column) updateTone(item(row, column));
        }
    }
    QTableWidget::changeEvent(event);
}

}  // namespace plimsoll::ui
