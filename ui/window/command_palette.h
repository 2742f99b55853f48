// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QList>

class QAction;
class QLineEdit;
class QListWidget;

namespace plimsoll::ui {

// Every action of the menus by name: type a part of it, press Enter.
class CommandPalette final : public QDialog {
    Q_OBJECT
public:
    explicit CommandPalette(const QList<QAction*>& menus, QWidget* parent);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Command {
        QAction* action;
        QString name;  // "View: Filter tensors"
    };
    void collect(const QList<QAction*>& actions, const QString& menu);
    void list();
    void runCurrent();

    QList<Command> commands_;
    QLineEdit* line_;
    QListWidget* list_;
};

}  // namespace plimsoll::ui
