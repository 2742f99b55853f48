// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/overview/slim_card.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

#include "text/text.h"
#include "theme/theme.h"
#include "widgets/label.h"

namespace plimsoll::ui {

SlimCard::SlimCard(const SlimOption& option, std::uint64_t fileBytes, QWidget* parent) : QFrame(parent) {
    auto* title = new Label(Label::Style::Heading, toText(option.words));
    title->setWordWrap(true);
    auto* size = new Label(Label::Style::Good, tr("%1, %2 less (%3)")
                                                   .arg(bytesText(option.bytes), bytesText(option.savedBytes),
                                                        percentText(option.savedBytes, fileBytes)));
    auto* price = new Label(Label::Style::Muted, toText(option.price));
    price->setWordWrap(true);
    price->setVisible(!option.price.empty());
    auto* command = new QLineEdit(toText(option.command));
    command->setObjectName(QStringLiteral("slimCommand"));
    command->setAccessibleName(tr("The command that does it"));
    command->setReadOnly(true);
    command->setFont(scaledFont(monospace(), 0.95));
    command->setCursorPosition(0);
    auto* copy = new QPushButton(tr("Copy"));
    copy->setObjectName(QStringLiteral("slimCopy"));
    copy->setToolTip(tr("Copy the command line"));
    auto* open = new QPushButton(tr("Open in Convert"));
    open->setObjectName(QStringLiteral("slimConvert"));
    auto* head = new QHBoxLayout;
    head->addWidget(title, 1);
    head->addWidget(size);
    auto* foot = new QHBoxLayout;
    foot->addWidget(command, 1);
    foot->addWidget(copy);
    foot->addWidget(open);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 10, 14, 12);
    column->setSpacing(6);
    column->addLayout(head);
    column->addWidget(price);
    column->addLayout(foot);
    connect(copy, &QPushButton::clicked, this, [command] { QApplication::clipboard()->setText(command->text()); });
    connect(open, &QPushButton::clicked, this, [this, recipe = option.recipe] { emit recipeChosen(recipe); });
}

void SlimCard::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(hairline(palette()));
    painter.setBrush(palette().color(QPalette::Base));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

}  // namespace plimsoll::ui
