// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "models/rules_model.h"

class QComboBox;
class QPushButton;
class QTableView;

namespace plimsoll::ui {

// dtypes that a conversion can make, "keep" first; the item data is the DType, nothing for keep.
[[nodiscard]] QComboBox* newDTypeBox(const QString& keepText, QWidget* parent = nullptr);
[[nodiscard]] std::optional<DType> chosenDType(const QComboBox& box);

// The rules of a conversion, a row each, with what each of them matches. Keys: Insert adds, Delete removes, Alt+Up and
// Alt+Down move, F2 or typing edits.
class RulesTable final : public QWidget {
    Q_OBJECT
public:
    explicit RulesTable(QWidget* parent = nullptr);
    [[nodiscard]] RulesModel& model() { return *model_; }
    [[nodiscard]] int currentRow() const;  // -1: none

signals:
    void changed();
    void ruleChosen(int row);  // -1: none

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildTable();
    void add();
    void remove();
    void move(int by);
    void updateButtons();
    void fitHeight();

    RulesModel* model_;
    QTableView* table_;
    QPushButton* remove_;
    QPushButton* up_;
    QPushButton* down_;
};

}  // namespace plimsoll::ui
