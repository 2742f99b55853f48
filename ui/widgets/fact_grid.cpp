// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/fact_grid.h"

#include <QGridLayout>

#include "widgets/label.h"

namespace plimsoll::ui {

FactGrid::FactGrid(QWidget* parent) : QWidget(parent), grid_(new QGridLayout(this)) {
    grid_->setContentsMargins(0, 0, 0, 0);
    grid_->setHorizontalSpacing(16);
    grid_->setVerticalSpacing(5);
    grid_->setColumnStretch(1, 1);
}

void FactGrid::clear() {
    while (QLayoutItem* item = grid_->takeAt(0)) {
        delete item->widget();
        delete item;
    }
}

void FactGrid::addRow(const QString& caption, const QString& value, bool monospaced) {
    auto* label = new Label(monospaced ? Label::Style::Mono : Label::Style::Body, value);
    label->setWordWrap(true);
    label->setAccessibleName(caption);
    addRow(caption, label);
}

void FactGrid::addRow(const QString& caption, QWidget* value) {
    const int row = grid_->rowCount();
    grid_->addWidget(new Label(Label::Style::Muted, caption), row, 0, Qt::AlignTop);
    grid_->addWidget(value, row, 1);
}

QString FactGrid::value(const QString& caption) const {
    for (int row = 0; row < grid_->rowCount(); ++row) {
        const QLayoutItem* left = grid_->itemAtPosition(row, 0);
        const QLayoutItem* right = grid_->itemAtPosition(row, 1);
        if (left == nullptr || right == nullptr) continue;
        const auto* name = qobject_cast<QLabel*>(left->widget());
        const auto* text = qobject_cast<QLabel*>(right->widget());
        if (name != nullptr && text != nullptr && name->text() == caption) return text->text();
    }
    return {};
}

}  // namespace plimsoll::ui
