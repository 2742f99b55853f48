// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QHBoxLayout;
class QLineEdit;
class QPushButton;

namespace plimsoll::ui {

// The foot of a view: the command that does the same in a terminal, to copy, and to its right what the view ends in.
class CommandFoot final : public QWidget {
    Q_OBJECT
public:
    // Object names of the line and of its button.
    CommandFoot(const QString& lineName, const QString& copyName, QWidget* parent = nullptr);
    void setCommand(const QString& command);  // empty: there is none
    void addButton(QPushButton* button);

private:
    QHBoxLayout* row_;
    QLineEdit* line_;
    QPushButton* copy_;
};

}  // namespace plimsoll::ui
