// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/label.h"

#include <QApplication>
#include <QEvent>

#include "theme/theme.h"

namespace plimsoll::ui {

Label::Label(Style style, const QString& text, QWidget* parent) : QLabel(text, parent), style_(style) {
    setTextFormat(Qt::PlainText);
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    applyStyle();
}

void Label::setStyle(Style style) {
    if (style == style_) return;
    style_ = style;
    applyStyle();
}

void Label::changeEvent(QEvent* event) {
    // Setting our own palette or font sends these events again.
    if (!applying_ && (event->type() == QEvent::PaletteChange || event->type() == QEvent::ApplicationPaletteChange)) {
        applyStyle();
    }
    QLabel::changeEvent(event);
}

void Label::applyStyle() {
    applying_ = true;
    const QPalette base = QApplication::palette();
    const QFont plain = QApplication::font();
    QColor colour = base.color(QPalette::WindowText);
    QFont font = plain;
    switch (style_) {
        case Style::Body:
            break;
        case Style::Title:
            font = scaledFont(plain, 1.25, QFont::DemiBold);
            break;
        case Style::Heading:
            font = scaledFont(plain, 1.0, QFont::DemiBold);
            break;
        case Style::Figure:
            font = scaledFont(plain, 1.5, QFont::DemiBold);
            break;
        case Style::Muted:
            colour = mutedText(base);
            break;
        case Style::Mono:
            font = monospace();
            break;
        case Style::Good:
            colour = goodColour(base);
            break;
        case Style::Warning:
            colour = warnColour(base);
            break;
        case Style::Bad:
            colour = badColour(base);
            break;
    }
    // This role alone: a widget that has all roles of its own is not told when the program's colours change.
    QPalette own;
    own.setColor(QPalette::WindowText, colour);
    setPalette(own);
    setFont(font);
    applying_ = false;
}

}  // namespace plimsoll::ui
