// SPDX-License-Identifier: GPL-3.0-or-later
#include "theme/comfort_style.h"

#include <QTreeView>

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

// The names of columns stand above their cells, not at the very edge.
QRect ComfortStyle::subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const {
    const QRect result = QProxyStyle::subElementRect(element, option, widget);
    return element == SE_HeaderLabel ? result.adjusted(4, 0, -2, 0) : result;
}

}  // namespace plimsoll::ui
