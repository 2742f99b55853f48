// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>
#include <QTimer>

class QToolButton;

namespace plimsoll::ui {

class Label;

// A message in a corner of the window that goes away by itself.
class Toast final : public QFrame {
    Q_OBJECT
public:
    explicit Toast(QWidget* window);
    void tell(const QString& headline, const QString& text, bool good);
    void place();  // where the window is now

signals:
    void pressed();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    Label* headline_;
    Label* text_;
    QToolButton* close_;
    QTimer leaving_;
    bool good_ = true;
};

}  // namespace plimsoll::ui
