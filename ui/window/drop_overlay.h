// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace plimsoll::ui {

// Covers the window while a file hovers over it.
class DropOverlay final : public QWidget {
    Q_OBJECT
public:
    explicit DropOverlay(QWidget* parent);

protected:
    void paintEvent(QPaintEvent* event) override;
};

}  // namespace plimsoll::ui
