// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/toast.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QMouseEvent>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include "theme/theme.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {
constexpr int kShownMs = 8'000;
constexpr int kWidth = 380;
constexpr int kEdge = 16;          // from the window's corner
constexpr int kAboveButtons = 64;  // views have their main button in the corner
}  // namespace

Toast::Toast(QWidget* window)
    : QFrame(window),
      headline_(new Label(Label::Style::Heading)),
      text_(new Label(Label::Style::Muted)),
      close_(new QToolButton) {
    setObjectName(QStringLiteral("toast"));
    setCursor(Qt::PointingHandCursor);
    setFixedWidth(kWidth);
    // The whole of it is pressed, its text included.
    for (Label* label : {headline_, text_}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::NoTextInteraction);
        label->setAttribute(Qt::WA_TransparentForMouseEvents);
    }
    close_->setText(QStringLiteral("×"));
    close_->setAutoRaise(true);
    close_->setAccessibleName(tr("Close"));
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(headline_);
    words->addWidget(text_);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(18, 12, 8, 12);
    row->addLayout(words, 1);
    row->addWidget(close_, 0, Qt::AlignTop);
    leaving_.setSingleShot(true);
    leaving_.setInterval(kShownMs);
    connect(&leaving_, &QTimer::timeout, this, &QWidget::hide);
    connect(close_, &QToolButton::clicked, this, &QWidget::hide);
    hide();
}

void Toast::tell(const QString& headline, const QString& text, bool good) {
    headline_->setText(headline);
    text_->setText(text);
    text_->setVisible(!text.isEmpty());
    good_ = good;
    setAccessibleName(headline);
    setAccessibleDescription(text);
    place();
    show();
    raise();
    leaving_.start();
    QAccessibleEvent event(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

void Toast::place() {
    layout()->activate();
    resize(kWidth, layout()->totalHeightForWidth(kWidth));
    const QSize room = parentWidget()->size();
    move(room.width() - width() - kEdge, room.height() - height() - kAboveButtons);
}

void Toast::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor edge = good_ ? goodColour(palette()) : badColour(palette());
    painter.setPen(QPen(hairline(palette()), 1));
    painter.setBrush(tint(edge, palette(), 0.08));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
    painter.setPen(Qt::NoPen);
    painter.setBrush(edge);
    painter.drawRoundedRect(QRectF(5, 8, 4, height() - 16), 2, 2);
}

void Toast::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    hide();
    emit pressed();
}

void Toast::enterEvent(QEnterEvent*) {
    leaving_.stop();
}

void Toast::leaveEvent(QEvent*) {
    leaving_.start();
}

}  // namespace plimsoll::ui
