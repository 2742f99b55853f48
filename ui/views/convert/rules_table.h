// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <vector>

#include "convert/recipe.h"

class QComboBox;
class QTableWidget;

namespace plimsoll::ui {

// dtypes that a conversion can make, "keep" first; the item data is the DType, nothing for keep.
[[nodiscard]] QComboBox* newDTypeBox(const QString& keepText, QWidget* parent = nullptr);
[[nodiscard]] std::optional<DType> chosenDType(const QComboBox& box);

// An editable list of "names matching GLOB become DTYPE".
class RulesTable final : public QWidget {
    Q_OBJECT
public:
    explicit RulesTable(QWidget* parent = nullptr);
    [[nodiscard]] std::vector<CastRule> rules() const;  // rows without a pattern are left out
    void addRule(const QString& glob, std::optional<DType> dtype);
    void clear();

signals:
    void changed();

private:
    void removeRule();
    void fitHeight();
    QTableWidget* table_;
};

}  // namespace plimsoll::ui
