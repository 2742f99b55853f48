// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "convert/preview.h"
#include "models/rule_row.h"

class QComboBox;

namespace plimsoll::ui {

class DataTable;
class Label;

// Every tensor before and after: all of them, those that change, those left out, or those that one rule matches. Rows
// are read from the preview when they are seen.
class PreviewPane final : public QWidget {
    Q_OBJECT
public:
    enum Column { Name, Type, Size, Shape };

    explicit PreviewPane(QWidget* parent = nullptr);
    void setPreview(std::shared_ptr<const Preview> preview, const QList<RuleRow>& rules);  // null: nothing
    void showRule(int row);                          // of the rules; -1: everything
    [[nodiscard]] PreviewRows selectedRows() const;  // of the preview

signals:
    void selectionChanged(bool any);

private:
    void fillChoices(const QList<RuleRow>& rules);
    void addChoice(const QString& text, const QVariant& key, SharedRows rows, std::size_t count);
    void showChoice();
    [[nodiscard]] static QString cell(const Preview& preview, const PreviewRow& row, int column);
    [[nodiscard]] static QString nameCell(const Preview& preview, const PreviewRow& row);

    QComboBox* choice_;
    Label* sum_;
    DataTable* table_;
    std::shared_ptr<const Preview> preview_;
    QList<SharedRows> shown_;  // by choice; null: all rows
    int wanted_ = -1;          // a rule that was chosen before it matched anything
};

}  // namespace plimsoll::ui
