// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "checkpoint/checkpoint.h"
#include "convert/recipe.h"
#include "models/rule_row.h"

class QCheckBox;
class QComboBox;

namespace plimsoll::ui {

class OutputSection;
class PresetBar;
class RulesTable;
class RunOptions;

// What the user wants made of the checkpoint.
class RecipeForm final : public QWidget {
    Q_OBJECT
public:
    explicit RecipeForm(QWidget* parent = nullptr);
    void setSource(std::shared_ptr<const Checkpoint> source);  // resets the form
    // Usage where something typed is wrong, in the command line's words; what is wrong in a rule stands at its row too.
    [[nodiscard]] Result<Recipe> recipe() const;
    void setRecipe(const Recipe& recipe);  // of the same source; its destination only where it has one
    void reset();                          // as it is for a new source
    void makeWay();                        // after a conversion: the name that is now taken for a free one
    void presetsChanged();
    [[nodiscard]] OutputSection& output() { return *output_; }
    [[nodiscard]] const QList<RuleRow>& rules() const;
    void setMatches(const std::shared_ptr<const Preview>& preview);  // null: not known

signals:
    void changed();
    void ruleChosen(int row);

private:
    [[nodiscard]] QWidget* buildTypes();
    [[nodiscard]] QWidget* buildRules();
    void setWidgets(const Recipe& recipe);
    void edited();
    void proposeDestination();

    PresetBar* presets_;
    OutputSection* output_;
    QComboBox* dtype_;
    QCheckBox* saturate_;
    QCheckBox* weightsOnly_;
    RulesTable* rules_;
    RunOptions* run_;
    std::shared_ptr<const Checkpoint> source_;
};

}  // namespace plimsoll::ui
