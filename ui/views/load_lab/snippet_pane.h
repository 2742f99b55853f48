// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QComboBox;
class QPlainTextEdit;

namespace plimsoll::ui {

// Each strategy in PyTorch, to copy.
class SnippetPane final : public QWidget {
    Q_OBJECT
public:
    explicit SnippetPane(QWidget* parent = nullptr);
    void setStrategy(const QString& name);

private:
    void showCode();

    QComboBox* strategy_;
    QPlainTextEdit* code_;
};

}  // namespace plimsoll::ui
