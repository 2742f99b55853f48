// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/command_palette.h"

#include <QAction>
#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QTimer>
#include <QVBoxLayout>

#include "theme/theme.h"

namespace plimsoll::ui {
namespace {

constexpr QSize kSize(560, 380);
constexpr int kCommandRole = Qt::UserRole;

QString withoutMnemonic(QString text) {
    text.replace(QStringLiteral("&&"), QStringLiteral("\x01"));
    text.remove(QLatin1Char('&'));
    return text.replace(QLatin1Char('\x01'), QLatin1Char('&'));
}

// All words, in any order, each somewhere in the name.
bool holds(const QString& name, const QString& typed) {
    for (const QString& word : typed.split(QLatin1Char(' '), Qt::SkipEmptyParts))
        if (!name.contains(word, Qt::CaseInsensitive)) return false;
    return true;
}

}  // namespace

CommandPalette::CommandPalette(const QList<QAction*>& menus, QWidget* parent)
    : QDialog(parent), line_(new QLineEdit), list_(new QListWidget) {
    setObjectName(QStringLiteral("commandPalette"));
    setWindowTitle(tr("Find a command"));
    collect(menus, {});
    line_->setObjectName(QStringLiteral("paletteLine"));
    line_->setPlaceholderText(tr("Type a part of a command"));
    line_->setAccessibleName(tr("Command"));
    line_->setFont(scaledFont(font(), 1.15));
    line_->installEventFilter(this);
    list_->setObjectName(QStringLiteral("paletteList"));
    list_->setAccessibleName(tr("Commands"));
    list_->setFrameShape(QFrame::NoFrame);
    list_->setUniformItemSizes(true);
    list_->setFocusPolicy(Qt::NoFocus);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(10, 10, 10, 10);
    column->setSpacing(8);
    column->addWidget(line_);
    column->addWidget(list_, 1);
    resize(kSize);
    connect(line_, &QLineEdit::textChanged, this, &CommandPalette::list);
    connect(line_, &QLineEdit::returnPressed, this, &CommandPalette::runCurrent);
    connect(list_, &QListWidget::itemClicked, this, &CommandPalette::runCurrent);
    list();
}

void CommandPalette::collect(const QList<QAction*>& actions, const QString& menu) {
    for (QAction* action : actions) {
        const QString name = withoutMnemonic(action->text());
        const QString path = menu.isEmpty() ? name : tr("%1: %2").arg(menu, name);
        if (action->menu() != nullptr) {
            collect(action->menu()->actions(), name);
        } else if (!action->isSeparator() && action->isEnabled() && action->isVisible()) {
            commands_.append({action, path});
        }
    }
}

void CommandPalette::list() {
    list_->clear();
    for (qsizetype i = 0; i < commands_.size(); ++i) {
        const Command& command = commands_[i];
        if (!holds(command.name, line_->text())) continue;
        const QString key = command.action->shortcut().toString(QKeySequence::NativeText);
        auto* item =
            new QListWidgetItem(key.isEmpty() ? command.name : QStringLiteral("%1   (%2)").arg(command.name, key));
        item->setData(kCommandRole, static_cast<int>(i));
        item->setSizeHint(QSize(0, fontMetrics().height() + 8));
        list_->addItem(item);
    }
    list_->setCurrentRow(0);
}

void CommandPalette::runCurrent() {
    const QListWidgetItem* item = list_->currentItem();
    if (item == nullptr) return;
    QAction* action = commands_[item->data(kCommandRole).toInt()].action;
    accept();
    // After the palette is gone: what opens a window of its own must not sit on top of it.
    QTimer::singleShot(0, action, &QAction::trigger);
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (watched == line_ && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        const bool walks = key == Qt::Key_Down || key == Qt::Key_Up || key == Qt::Key_PageDown || key == Qt::Key_PageUp;
        if (walks) {
            QCoreApplication::sendEvent(list_, event);
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

}  // namespace plimsoll::ui
