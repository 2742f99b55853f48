// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace plimsoll::ui {

// Covers the window while a file hovers over it.
class DropOverlay final : public QWidget {
    Q_OBJECT
public:
    explicit DropOverlay(QWidget* parent);
    void setText(const QString& text);  // what a drop does

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString text_;
};

}  // namespace plimsoll::ui
