// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/rules_table.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "tensor/cast.h"
#include "text/text.h"

namespace plimsoll::ui {
namespace {
constexpr int kMostRowsShown = 5;
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

RulesTable::RulesTable(QWidget* parent) : QWidget(parent), table_(new QTableWidget(0, 2)) {
    table_->setObjectName(QStringLiteral("rulesTable"));
    table_->setAccessibleName(tr("Rules for data types"));
    table_->setHorizontalHeaderLabels({tr("Names matching"), tr("become")});
    table_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    table_->horizontalHeader()->setSectionResizeMode(1, QHeaderView::Fixed);
    table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table_->horizontalHeader()->setHighlightSections(false);
    table_->setColumnWidth(1, 110);
    table_->verticalHeader()->hide();
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    auto* add = new QPushButton(tr("Add rule"));
    add->setObjectName(QStringLiteral("addRule"));
    auto* remove = new QPushButton(tr("Remove"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(add);
    buttons->addWidget(remove);
    buttons->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(table_);
    column->addLayout(buttons);
    connect(add, &QPushButton::clicked, this, [this] {
        addRule({}, DType::F32);
        table_->editItem(table_->item(table_->rowCount() - 1, 0));
    });
    connect(remove, &QPushButton::clicked, this, &RulesTable::removeRule);
    connect(table_, &QTableWidget::itemChanged, this, &RulesTable::changed);
    const auto enableRemove = [this, remove] { remove->setEnabled(table_->currentRow() >= 0); };
    connect(table_, &QTableWidget::currentCellChanged, this, enableRemove);
    enableRemove();
    fitHeight();
}

std::vector<CastRule> RulesTable::rules() const {
    std::vector<CastRule> result;
    for (int row = 0; row < table_->rowCount(); ++row) {
        const QString glob = table_->item(row, 0)->text().trimmed();
        const auto* box = qobject_cast<QComboBox*>(table_->cellWidget(row, 1));
        if (!glob.isEmpty() && box != nullptr) result.push_back({glob.toStdString(), chosenDType(*box)});
    }
    return result;
}

void RulesTable::addRule(const QString& glob, std::optional<DType> dtype) {
    const QSignalBlocker quiet(table_);
    const int row = table_->rowCount();
    table_->insertRow(row);
    auto* item = new QTableWidgetItem(glob);
    item->setToolTip(tr("A pattern on whole names: *.norm*.weight, model.layers.?.mlp.*"));
    table_->setItem(row, 0, item);
    auto* box = newDTypeBox(tr("keep"));
    box->setFrame(false);
    if (dtype) box->setCurrentIndex(std::max(0, box->findData(static_cast<int>(*dtype))));
    connect(box, &QComboBox::currentIndexChanged, this, &RulesTable::changed);
    table_->setCellWidget(row, 1, box);
    table_->setCurrentCell(row, 0);
    fitHeight();
    emit changed();
}

void RulesTable::removeRule() {
    if (table_->currentRow() < 0) return;
    table_->removeRow(table_->currentRow());
    fitHeight();
    emit changed();
}

void RulesTable::clear() {
    table_->setRowCount(0);
    fitHeight();
}

// As high as its rows: an empty table is one line that says what a rule is.
void RulesTable::fitHeight() {
    const int rows = std::clamp(table_->rowCount(), 0, kMostRowsShown);
    const int header = table_->horizontalHeader()->sizeHint().height();
    table_->setFixedHeight(header + rows * table_->verticalHeader()->defaultSectionSize() + 2);
    table_->setVisible(table_->rowCount() > 0);
}

}  // namespace plimsoll::ui
