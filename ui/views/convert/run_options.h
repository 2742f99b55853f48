// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "convert/recipe.h"

class QCheckBox;
class QLineEdit;
class QSpinBox;

namespace plimsoll::ui {

// How a conversion is run, whatever it makes; what the user chose is remembered.
class RunOptions final : public QWidget {
    Q_OBJECT
public:
    explicit RunOptions(QWidget* parent = nullptr);
    // What the recipe says on top of what is remembered.
    void setRecipe(const Recipe& recipe);
    [[nodiscard]] Result<void> addTo(Recipe& recipe) const;

signals:
    void changed();

private:
    void remember();

    QCheckBox* verify_;
    QCheckBox* loss_;
    QLineEdit* memory_;
    QSpinBox* threads_;
};

}  // namespace plimsoll::ui
