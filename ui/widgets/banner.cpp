// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/banner.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>

#include "theme/theme.h"

namespace plimsoll::ui {

Banner::Banner(QWidget* parent) : QFrame(parent), label_(new QLabel(this)) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(14, 8, 12, 8);
    layout->addWidget(label_);
    label_->setWordWrap(true);
    label_->setTextFormat(Qt::PlainText);
    label_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label_->setObjectName(QStringLiteral("bannerText"));
    setVisible(false);
}

void Banner::show(Kind kind, const QString& text) {
    kind_ = kind;
    label_->setText(text);
    setAccessibleName(text);
    setVisible(!text.isEmpty());
    update();
}

void Banner::clear() {
    show(Kind::Info, {});
}

QString Banner::text() const {
    return label_->text();
}

QColor Banner::colour() const {
    switch (kind_) {
        case Kind::Info:
            return accent(palette());
        case Kind::Good:
            return goodColour(palette());
        case Kind::Warning:
            return warnColour(palette());
        case Kind::Error:
            return badColour(palette());
    }
    return {};
}

void Banner::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(tint(colour(), palette(), isDark(palette()) ? 0.18 : 0.10));
    painter.drawRoundedRect(rect(), 4, 4);
    painter.setBrush(colour());
    painter.drawRoundedRect(QRectF(0, 0, 4, height()), 2, 2);
}

}  // namespace plimsoll::ui
