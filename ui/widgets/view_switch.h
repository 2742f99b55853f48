// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTabBar>

namespace plimsoll::ui {

// The switch between the views of the window: a tab bar drawn as one segmented control.
class ViewSwitch final : public QTabBar {
    Q_OBJECT
public:
    explicit ViewSwitch(QWidget* parent = nullptr);

protected:
    QSize tabSizeHint(int index) const override;
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    int hovered_ = -1;
};

}  // namespace plimsoll::ui
