// SPDX-License-Identifier: GPL-3.0-or-later
#include "theme/comfort_style.h"

#include <QPainter>
#include <QStyleOptionHeader>
#include <QTreeView>

#include "theme/theme.h"

namespace plimsoll::ui {

QSize ComfortStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                                     const QWidget* widget) const {
    QSize result = QProxyStyle::sizeFromContents(type, option, size, widget);
    switch (type) {
        case CT_PushButton:
            return result + QSize(12, 6);
        case CT_ComboBox:
        case CT_LineEdit:
            return result + QSize(0, 6);  // the one in a spin box too
        case CT_HeaderSection:
            return result + QSize(8, 4);
        case CT_ItemViewItem:
            // Tables give their rows a height of their own.
            return result + (qobject_cast<const QTreeView*>(widget) != nullptr ? QSize(8, 6) : QSize(14, 0));
        case CT_TabBarTab:
            return result + QSize(8, 4);
        default:
            return result;
    }
}

// On dark windows the style's frames are darker still: boxes to tick and fields would be seen by their fill alone.
void ComfortStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                                 const QWidget* widget) const {
    QProxyStyle::drawPrimitive(element, option, painter, widget);
    const bool isFrame = element == PE_IndicatorCheckBox || element == PE_FrameLineEdit;
    const bool hasFocus = (option->state & State_HasFocus) != 0 && element == PE_FrameLineEdit;
    if (!isFrame || hasFocus || !isDark(option->palette)) return;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setBrush(Qt::NoBrush);
    painter->setPen(tint(mutedText(option->palette), option->palette, 0.55));
    painter->drawRoundedRect(QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5), 2, 2);
    painter->restore();
}

// The names of columns stand above their cells, not at the very edge.
void ComfortStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                               const QWidget* widget) const {
    const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option);
    if (element != CE_HeaderLabel || header == nullptr || header->orientation != Qt::Horizontal) {
        QProxyStyle::drawControl(element, option, painter, widget);
        return;
    }
    const bool isV2 = qstyleoption_cast<const QStyleOptionHeaderV2*>(option) != nullptr;
    QStyleOptionHeaderV2 moved = isV2 ? *static_cast<const QStyleOptionHeaderV2*>(header) : QStyleOptionHeaderV2();
    if (!isV2) static_cast<QStyleOptionHeader&>(moved) = *header;
    moved.rect.adjust(4, 0, -4, 0);
    QProxyStyle::drawControl(element, &moved, painter, widget);
}

}  // namespace plimsoll::ui
