// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/rules_table.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "tensor/cast.h"
#include "text/text.h"
#include "theme/theme.h"
#include "views/convert/rules_delegate.h"

namespace plimsoll::ui {
namespace {
constexpr int kMostRowsShown = 7;
}

QComboBox* newDTypeBox(const QString& keepText, QWidget* parent) {
    auto* box = new QComboBox(parent);
    box->addItem(keepText);
    for (const DType dtype : {DType::BF16, DType::F16, DType::F32, DType::F64, DType::F8_E4M3FN, DType::F8_E5M2}) {
        if (canCast(DType::F32, dtype)) box->addItem(toText(shortName(dtype)), static_cast<int>(dtype));
    }
    return box;
}

std::optional<DType> chosenDType(const QComboBox& box) {
    const QVariant data = box.currentData();
    return data.isValid() ? std::optional(static_cast<DType>(data.toInt())) : std::nullopt;
}

RulesTable::RulesTable(QWidget* parent)
    : QWidget(parent),
      model_(new RulesModel(this)),
      table_(new QTableView),
      remove_(new QPushButton(tr("Remove"))),
      up_(new QPushButton(tr("Up"))),
      down_(new QPushButton(tr("Down"))) {
    buildTable();
    auto* add = new QPushButton(tr("&Add rule"));
    add->setObjectName(QStringLiteral("addRule"));
    add->setToolTip(tr("Insert, in the table"));
    remove_->setObjectName(QStringLiteral("removeRule"));
    remove_->setToolTip(tr("Delete, in the table"));
    up_->setObjectName(QStringLiteral("ruleUp"));
    up_->setToolTip(tr("Alt+Up: of two rules for a type, the lower one wins"));
    down_->setObjectName(QStringLiteral("ruleDown"));
    down_->setToolTip(tr("Alt+Down: of two rules for a type, the lower one wins"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(add);
    buttons->addWidget(remove_);
    buttons->addWidget(up_);
    buttons->addWidget(down_);
    buttons->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(table_);
    column->addLayout(buttons);
    connect(add, &QPushButton::clicked, this, &RulesTable::add);
    connect(remove_, &QPushButton::clicked, this, &RulesTable::remove);
    connect(up_, &QPushButton::clicked, this, [this] { move(-1); });
    connect(down_, &QPushButton::clicked, this, [this] { move(1); });
    connect(model_, &RulesModel::edited, this, &RulesTable::changed);
    for (const auto signal : {&RulesModel::rowsInserted, &RulesModel::rowsRemoved})
        connect(model_, signal, this, &RulesTable::fitHeight);
    connect(model_, &RulesModel::modelReset, this, &RulesTable::fitHeight);
    updateButtons();
    fitHeight();
}

void RulesTable::buildTable() {
    table_->setObjectName(QStringLiteral("rulesTable"));
    table_->setAccessibleName(tr("Rules: which tensors, and what is done with them"));
    table_->setModel(model_);
    table_->setItemDelegate(new RulesDelegate(table_));
    table_->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::SelectedClicked |
                            QAbstractItemView::EditKeyPressed | QAbstractItemView::AnyKeyPressed);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setTabKeyNavigation(false);
    table_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    table_->setShowGrid(true);
    table_->setTextElideMode(Qt::ElideMiddle);
    table_->setWordWrap(false);  // of several lines each would be shortened
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 14);
    QHeaderView* header = table_->horizontalHeader();
    const int em = fontMetrics().horizontalAdvance(QLatin1Char('m'));
    header->setHighlightSections(false);
    header->setSectionResizeMode(RulesModel::Pattern, QHeaderView::Stretch);
    for (const auto& [column, width] :
         {std::pair(RulesModel::Action, 9), std::pair(RulesModel::Argument, 8), std::pair(RulesModel::Matches, 4)}) {
        header->setSectionResizeMode(column, QHeaderView::Fixed);
        header->resizeSection(column, width * em);
    }
    table_->installEventFilter(this);
    // A list opens at the first click.
    connect(table_, &QTableView::clicked, this, [this](const QModelIndex& index) {
        const bool isType =
            index.column() == RulesModel::Argument && model_->rules()[index.row()].action == RuleAction::DType;
        if (index.column() == RulesModel::Action || isType) table_->edit(index);
    });
    connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& now) {
        updateButtons();
        emit ruleChosen(now.row());
    });
    model_->setColours(mutedText(palette()), badColour(palette()));
}

int RulesTable::currentRow() const {
    return table_->currentIndex().row();
}

void RulesTable::add() {
    const int row = model_->add({RuleAction::DType, {}, QStringLiteral("f32")});
    const QModelIndex pattern = model_->index(row, RulesModel::Pattern);
    table_->setCurrentIndex(pattern);
    table_->scrollTo(pattern);
    table_->edit(pattern);
}

void RulesTable::remove() {
    model_->remove(currentRow());
    updateButtons();
}

void RulesTable::move(int by) {
    if (model_->move(currentRow(), by)) updateButtons();
}

void RulesTable::updateButtons() {
    const int row = currentRow();
    remove_->setEnabled(row >= 0);
    up_->setEnabled(row > 0);
    down_->setEnabled(row >= 0 && row + 1 < model_->rowCount());
}

bool RulesTable::eventFilter(QObject* watched, QEvent* event) {
    if (watched != table_ || event->type() != QEvent::KeyPress) return QWidget::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool alt = key->modifiers() == Qt::AltModifier;
    if (key->key() == Qt::Key_Insert) {
        add();
    } else if (key->key() == Qt::Key_Delete) {
        remove();
    } else if (alt && (key->key() == Qt::Key_Up || key->key() == Qt::Key_Down)) {
        move(key->key() == Qt::Key_Up ? -1 : 1);
    } else if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
        if (model_->flags(table_->currentIndex()) & Qt::ItemIsEditable) table_->edit(table_->currentIndex());
    } else {
        return false;
    }
    return true;
}

void RulesTable::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) model_->setColours(mutedText(palette()), badColour(palette()));
    QWidget::changeEvent(event);
}

// As high as its rows: without any there is no table.
void RulesTable::fitHeight() {
    const int rows = std::clamp(model_->rowCount(), 0, kMostRowsShown);
    const int header = table_->horizontalHeader()->sizeHint().height();
    table_->setFixedHeight(header + rows * table_->verticalHeader()->defaultSectionSize() + 2);
    table_->setVisible(model_->rowCount() > 0);
    updateButtons();
}

}  // namespace plimsoll::ui
