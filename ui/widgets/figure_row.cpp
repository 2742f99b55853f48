// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure_row.h"

#include <QEvent>
#include <QVBoxLayout>
#include <algorithm>

namespace plimsoll::ui {
namespace {
constexpr int kGap = 14;
constexpr int kLineGap = 6;
}  // namespace

FigureRow::FigureRow(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void FigureRow::setFigures(const QList<std::pair<QString, QString>>& captionsAndValues) {
    figures_ = captionsAndValues;
    qDeleteAll(cells_);
    cells_.clear();
    values_.clear();
    for (const auto& [caption, value] : figures_) {
        auto* cell = new QWidget(this);
        auto* column = new QVBoxLayout(cell);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(1);
        column->addWidget(new Label(Label::Style::Muted, caption));
        values_.append(new Label(Label::Style::Body, value));
        column->addWidget(values_.last());
        cells_.append(cell);
        cell->setVisible(true);
    }
    arrange(width(), true);
    updateGeometry();
}

int FigureRow::arrange(int width, bool place) const {
    int x = 0;
    int y = 0;
    int line = 0;  // its height
    for (QWidget* cell : cells_) {
        const QSize size = cell->sizeHint();
        if (x > 0 && x + size.width() > width) {
            x = 0;
            y += line + kLineGap;
            line = 0;
        }
        if (place) cell->setGeometry(QRect(QPoint(x, y), size));
        x += size.width() + kGap;
        line = std::max(line, size.height());
    }
    return y + line;
}

int FigureRow::heightForWidth(int width) const {
    return arrange(width, false);
}

QSize FigureRow::sizeHint() const {
    int width = 0;
    for (const QWidget* cell : cells_) width += cell->sizeHint().width() + (width > 0 ? kGap : 0);
    return {width, arrange(width, false)};
}

QSize FigureRow::minimumSizeHint() const {
    int width = 0;
    for (const QWidget* cell : cells_) width = std::max(width, cell->sizeHint().width());
    return {width, cells_.isEmpty() ? 0 : cells_.first()->sizeHint().height()};
}

bool FigureRow::event(QEvent* event) {
    if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::FontChange) {
        arrange(width(), true);
        updateGeometry();
    }
    return QWidget::event(event);
}

void FigureRow::resizeEvent(QResizeEvent* event) {
    arrange(width(), true);
    QWidget::resizeEvent(event);
}

void FigureRow::mark(const QString& caption, Label::Style style) {
    for (qsizetype i = 0; i < figures_.size(); ++i)
        if (figures_[i].first == caption) values_[i]->setStyle(style);
}

QString FigureRow::value(const QString& caption) const {
    for (const auto& [name, value] : figures_) {
        if (name == caption) return value;
    }
    return {};
}

}  // namespace plimsoll::ui
