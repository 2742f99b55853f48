// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load_lab/snippet_pane.h"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "lab/strategies.h"
#include "text/text.h"
#include "theme/theme.h"

namespace plimsoll::ui {

SnippetPane::SnippetPane(QWidget* parent)
    : QWidget(parent), strategy_(new QComboBox), code_(new QPlainTextEdit), device_(QStringLiteral("cpu")) {
    strategy_->setObjectName(QStringLiteral("snippetStrategy"));
    strategy_->setAccessibleName(tr("Strategy"));
    for (const StrategyInfo& info : strategies()) strategy_->addItem(toText(info.name));
    code_->setObjectName(QStringLiteral("snippetCode"));
    code_->setAccessibleName(tr("The strategy in PyTorch"));
    code_->setReadOnly(true);
    code_->setFont(monospace());
    code_->setLineWrapMode(QPlainTextEdit::NoWrap);
    auto* copy = new QPushButton(tr("Copy"));
    copy->setObjectName(QStringLiteral("snippetCopy"));
    auto* row = new QHBoxLayout;
    row->addWidget(strategy_);
    row->addWidget(copy);
    row->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->addLayout(row);
    column->addWidget(code_, 1);
    connect(strategy_, &QComboBox::currentIndexChanged, this, &SnippetPane::showCode);
    connect(copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(code_->toPlainText()); });
    showCode();
}

void SnippetPane::setStrategy(const QString& name) {
    strategy_->setCurrentText(name);
}

void SnippetPane::setTarget(const QString& device, std::optional<DType> dtype) {
    if (device == device_ && dtype == dtype_) return;  // what is selected in the code stays so
    device_ = device;
    dtype_ = dtype;
    showCode();
}

void SnippetPane::showCode() {
    const StrategyInfo* info = findStrategy(strategy_->currentText().toStdString());
    code_->setPlainText(info == nullptr ? QString() : toText(snippetOf(*info, device_.toStdString(), dtype_)));
}

}  // namespace plimsoll::ui
