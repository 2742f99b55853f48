// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <optional>

#include "tensor/dtype.h"

class QComboBox;
class QPlainTextEdit;

namespace plimsoll::ui {

// Each strategy in PyTorch, to copy.
class SnippetPane final : public QWidget {
    Q_OBJECT
public:
    explicit SnippetPane(QWidget* parent = nullptr);
    void setStrategy(const QString& name);
    // What the code loads onto, and as what.
    void setTarget(const QString& device, std::optional<DType> dtype);

private:
    void showCode();

    QComboBox* strategy_;
    QPlainTextEdit* code_;
    QString device_;
    std::optional<DType> dtype_;
};

}  // namespace plimsoll::ui
