// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/breadcrumb.h"

#include <QHBoxLayout>
#include <QToolButton>

#include "widgets/label.h"

namespace plimsoll::ui {
namespace {
constexpr int kStepRoom = 26;  // a step's edges and the mark after it
}

Breadcrumb::Breadcrumb(QWidget* parent) : QWidget(parent), row_(new QHBoxLayout(this)) {
    setObjectName(QStringLiteral("breadcrumb"));
    setAccessibleName(tr("Path"));
    row_->setContentsMargins(0, 0, 0, 0);
    row_->setSpacing(2);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    setMinimumWidth(60);
}

void Breadcrumb::setPath(const QStringList& steps) {
    if (steps == steps_) return;
    steps_ = steps;
    fill();
}

void Breadcrumb::resizeEvent(QResizeEvent* event) {
    fill();
    QWidget::resizeEvent(event);
}

void Breadcrumb::fill() {
    while (QLayoutItem* item = row_->takeAt(0)) {
        if (QWidget* widget = item->widget()) {
            widget->hide();
            widget->deleteLater();
        }
        delete item;
    }
    const auto widthOf = [this](int step) { return fontMetrics().horizontalAdvance(steps_.at(step)) + kStepRoom; };
    const int last = static_cast<int>(steps_.size()) - 1;
    int first = 1;
    int needed = 0;
    for (int i = 0; i <= last; ++i) needed += widthOf(i);
    for (; first < last && needed > width(); ++first) needed -= widthOf(first);
    for (int i = 0; i <= last; ++i) {
        if (i > 0 && i < first) continue;
        if (i > 0)
            row_->addWidget(new Label(Label::Style::Muted,
                                      i == first && first > 1 ? QStringLiteral("› … ›") : QStringLiteral("›")));
        if (i == last) {
            row_->addWidget(new Label(Label::Style::Heading, steps_.at(i)));
            continue;
        }
        auto* button = new QToolButton;
        button->setText(steps_.at(i));
        button->setAutoRaise(true);
        connect(button, &QToolButton::clicked, this, [this, i] { emit chosen(i); });
        row_->addWidget(button);
    }
    row_->addStretch(1);
}

}  // namespace plimsoll::ui
