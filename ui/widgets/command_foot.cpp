// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/command_foot.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>

#include "theme/theme.h"
#include "widgets/label.h"

namespace plimsoll::ui {

CommandFoot::CommandFoot(const QString& lineName, const QString& copyName, QWidget* parent)
    : QWidget(parent), row_(new QHBoxLayout(this)), line_(new QLineEdit), copy_(new QPushButton(tr("Cop&y"))) {
    line_->setObjectName(lineName);
    line_->setAccessibleName(tr("The same on the command line"));
    line_->setReadOnly(true);
    line_->setFont(scaledFont(monospace(), 0.95));
    copy_->setObjectName(copyName);
    copy_->setToolTip(tr("Copy the command line that does the same"));
    row_->setContentsMargins(16, 9, 16, 10);
    row_->addWidget(new Label(Label::Style::Muted, tr("In a terminal")));
    row_->addWidget(line_, 1);
    row_->addWidget(copy_);
    connect(copy_, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(line_->text()); });
    setCommand({});
}

void CommandFoot::setCommand(const QString& command) {
    line_->setText(command);
    line_->setCursorPosition(0);
    line_->setToolTip(command);
    copy_->setEnabled(!command.isEmpty());
}

void CommandFoot::addButton(QPushButton* button) {
    row_->addSpacing(12);
    row_->addWidget(button);
}

}  // namespace plimsoll::ui
