// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

namespace plimsoll::ui {

// Over the lists and number fields below a form the wheel scrolls the form: it would else change, unnoticed, what
// happens to be under the pointer. Those that are there when it is made; it belongs to the form.
class WheelGuard final : public QObject {
    Q_OBJECT
public:
    explicit WheelGuard(QWidget* form);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
};

}  // namespace plimsoll::ui
