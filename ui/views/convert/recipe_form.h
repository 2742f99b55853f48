// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "checkpoint/checkpoint.h"
#include "convert/recipe.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLineEdit;

namespace plimsoll::ui {

class Label;
class RulesTable;

// What the user wants made of the checkpoint.
class RecipeForm final : public QWidget {
    Q_OBJECT
public:
    explicit RecipeForm(QWidget* parent = nullptr);
    void setSource(std::shared_ptr<const Checkpoint> source);  // resets the form
    [[nodiscard]] Recipe recipe() const;
    void setRecipe(const Recipe& recipe);  // of the same source
    // After a conversion: the name that is now taken makes way for a free one where the user did not choose it.
    void proposeDestination();

signals:
    void changed();

private:
    QWidget* buildOutput();
    QWidget* buildPrecision();
    QWidget* buildContents();
    void browse();
    void edited();

    std::shared_ptr<const Checkpoint> source_;
    QComboBox* target_;
    QLineEdit* destination_;
    QCheckBox* overwrite_;
    QComboBox* dtype_;
    RulesTable* rules_;
    QCheckBox* weightsOnly_;
    QLineEdit* keep_;
    QLineEdit* drop_;
    QCheckBox* shard_;
    QDoubleSpinBox* shardSize_;
    QComboBox* shardUnit_;
    bool ownDestination_ = false;  // typed or browsed for
};

}  // namespace plimsoll::ui
