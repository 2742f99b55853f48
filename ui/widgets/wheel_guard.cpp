// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/wheel_guard.h"

#include <QAbstractSpinBox>
#include <QComboBox>
#include <QEvent>

namespace plimsoll::ui {

WheelGuard::WheelGuard(QWidget* form) : QObject(form) {
    for (QWidget* field : form->findChildren<QWidget*>()) {
        if (qobject_cast<QComboBox*>(field) == nullptr && qobject_cast<QAbstractSpinBox*>(field) == nullptr) continue;
        field->setFocusPolicy(Qt::StrongFocus);  // the wheel gives no focus either
        field->installEventFilter(this);
    }
}

bool WheelGuard::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() != QEvent::Wheel) return QObject::eventFilter(watched, event);
    event->ignore();  // for the widget below
    return true;
}

}  // namespace plimsoll::ui
