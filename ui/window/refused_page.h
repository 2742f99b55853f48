// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace plimsoll::ui {

class Label;
class SafetyView;

// The safety of a file that did not open as a checkpoint: what its pickles import can be told all the same.
class RefusedPage final : public QWidget {
    Q_OBJECT
public:
    explicit RefusedPage(QWidget* parent = nullptr);
    void scan(const QString& path);
    void stop();

signals:
    void backRequested();

private:
    Label* headline_;
    SafetyView* safety_ = nullptr;  // while there is a file
};

}  // namespace plimsoll::ui
