// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure_row.h"

#include <QGridLayout>

#include "widgets/label.h"

namespace plimsoll::ui {

FigureRow::FigureRow(QWidget* parent) : QWidget(parent), grid_(new QGridLayout(this)) {
    grid_->setContentsMargins(0, 0, 0, 0);
    grid_->setHorizontalSpacing(18);
    grid_->setVerticalSpacing(1);
}

void FigureRow::setFigures(const QList<std::pair<QString, QString>>& captionsAndValues) {
    figures_ = captionsAndValues;
    while (QLayoutItem* item = grid_->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    int column = 0;
    for (const auto& [caption, value] : figures_) {
        grid_->setColumnStretch(column, 0);
        grid_->addWidget(new Label(Label::Style::Muted, caption), 0, column);
        grid_->addWidget(new Label(Label::Style::Body, value), 1, column++);
    }
    grid_->setColumnStretch(column, 1);
}

QString FigureRow::value(const QString& caption) const {
    for (const auto& [name, value] : figures_) {
        if (name == caption) return value;
    }
    return {};
}

}  // namespace plimsoll::ui
