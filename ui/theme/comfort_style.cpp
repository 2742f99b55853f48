// SPDX-License-Identifier: GPL-3.0-or-later
#include "theme/comfort_style.h"

#include <QPainter>
#include <QStyleOptionHeader>
#include <QTableView>
#include <QTreeView>

#include "theme/theme.h"

namespace plimsoll::ui {
namespace {

constexpr int kCellMargin = 3;
constexpr int kLineMargin = 4;

// Of its own: lines in spin boxes and in tables have none.
bool hasFrame(const QStyleOption* option) {
    const auto* line = qstyleoption_cast<const QStyleOptionFrame*>(option);
    return line != nullptr && line->lineWidth > 0;
}

void drawFrame(const QStyleOption* option, QPainter* painter) {
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setBrush(Qt::NoBrush);
    painter->setPen(tint(mutedText(option->palette), option->palette, 0.55));
    painter->drawRoundedRect(QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5), 2, 2);
    painter->restore();
}

// A cross, on a disc while the pointer is over it.
void drawTabClose(const QStyleOption* option, QPainter* painter) {
    const bool hovered = (option->state & QStyle::State_MouseOver) != 0;
    const bool current = (option->state & QStyle::State_Selected) != 0;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QPointF middle = QRectF(option->rect).center();
    if (hovered) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(hairline(option->palette));
        painter->drawEllipse(middle, 8, 8);
    }
    const bool strong = hovered || current;
    painter->setPen(QPen(strong ? option->palette.color(QPalette::WindowText) : mutedText(option->palette), 1.4,
                         Qt::SolidLine, Qt::RoundCap));
    painter->drawLine(middle + QPointF(-3.5, -3.5), middle + QPointF(3.5, 3.5));
    painter->drawLine(middle + QPointF(-3.5, 3.5), middle + QPointF(3.5, -3.5));
    painter->restore();
}

}  // namespace

QSize ComfortStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                                     const QWidget* widget) const {
    QSize result = QProxyStyle::sizeFromContents(type, option, size, widget);
    switch (type) {
        case CT_PushButton:
            return result + QSize(12, 6);
        case CT_ComboBox:
            return result + QSize(0, 6);
        case CT_LineEdit:
            return result + QSize(hasFrame(option) ? 2 * kLineMargin : 0, 6);  // the one in a spin box too
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

// What stands in a table begins and ends below the name of its column, and a text not at the frame of its line.
QRect ComfortStyle::subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const {
    const QRect rect = QProxyStyle::subElementRect(element, option, widget);
    if (element == SE_LineEditContents && hasFrame(option)) return rect.adjusted(kLineMargin, 0, -kLineMargin, 0);
    const bool isCell = element == SE_ItemViewItemText && qobject_cast<const QTableView*>(widget) != nullptr;
    return isCell ? rect.adjusted(kCellMargin, 0, -kCellMargin, 0) : rect;
}

// On dark windows the style's frames are darker still: boxes to tick and fields would be seen by their fill alone.
void ComfortStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                                 const QWidget* widget) const {
    if (element == PE_IndicatorTabClose) return drawTabClose(option, painter);
    QProxyStyle::drawPrimitive(element, option, painter, widget);
    const bool isFrame = element == PE_IndicatorCheckBox || element == PE_FrameLineEdit;
    const bool hasFocus = (option->state & State_HasFocus) != 0 && element == PE_FrameLineEdit;
    if (!isFrame || hasFocus || !isDark(option->palette)) return;
    drawFrame(option, painter);
}

void ComfortStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                                      const QWidget* widget) const {
    QProxyStyle::drawComplexControl(control, option, painter, widget);
    const bool hasFocus = (option->state & State_HasFocus) != 0;
    if (control == CC_SpinBox && !hasFocus && isDark(option->palette)) drawFrame(option, painter);
}

// The names of columns stand above their cells, not at the very edge.
void ComfortStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                               const QWidget* widget) const {
    if (element == CE_MenuBarItem) {
        // Without the line below: in a bar that is higher than its items it stands beside that of the bar.
        painter->save();
        painter->setClipRect(option->rect.adjusted(0, 0, 0, -1));
        QProxyStyle::drawControl(element, option, painter, widget);
        painter->restore();
        return;
    }
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
