// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/recipe_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "io/address.h"
#include "views/convert/output_section.h"
#include "views/convert/preset_bar.h"
#include "views/convert/rules_table.h"
#include "views/convert/run_options.h"
#include "widgets/label.h"
#include "widgets/wheel_guard.h"

namespace plimsoll::ui {
namespace {

QVBoxLayout* newSection(QWidget* box, const QString& title) {
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(7);
    column->addWidget(new Label(Label::Style::Heading, title));
    return column;
}

Label* newHint(const QString& text) {
    auto* hint = new Label(Label::Style::Muted, text);
    hint->setWordWrap(true);
    return hint;
}

}  // namespace

RecipeForm::RecipeForm(QWidget* parent)
    : QWidget(parent),
      presets_(new PresetBar([this]() -> std::optional<Recipe> {
          auto now = recipe();
          return now ? std::optional(std::move(*now)) : std::nullopt;
      })),
      output_(new OutputSection),
      dtype_(newDTypeBox(tr("Keep as it is"))),
      saturate_(new QCheckBox(tr("&Saturate what overflows"))),
      weightsOnly_(new QCheckBox(tr("Only the model's &weights"))),
      rules_(new RulesTable),
      run_(new RunOptions) {
    setObjectName(QStringLiteral("recipeForm"));
    auto* run = new QWidget;
    newSection(run, tr("How it runs"))->addWidget(run_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 14, 16, 14);
    column->setSpacing(18);
    column->addWidget(presets_);
    column->addWidget(output_);
    column->addWidget(buildTypes());
    column->addWidget(buildRules());
    column->addWidget(run);
    column->addStretch(1);
    connect(presets_, &PresetBar::chosen, this, &RecipeForm::setRecipe);
    connect(presets_, &PresetBar::resetRequested, this, [this] {
        reset();
        emit changed();
    });
    connect(output_, &OutputSection::changed, this, &RecipeForm::edited);
    connect(dtype_, &QComboBox::currentIndexChanged, this, &RecipeForm::edited);
    connect(saturate_, &QCheckBox::toggled, this, &RecipeForm::edited);
    connect(weightsOnly_, &QCheckBox::toggled, this, &RecipeForm::edited);
    connect(rules_, &RulesTable::changed, this, &RecipeForm::edited);
    connect(rules_, &RulesTable::ruleChosen, this, &RecipeForm::ruleChosen);
    connect(run_, &RunOptions::changed, this, &RecipeForm::edited);
    new WheelGuard(this);
}

QWidget* RecipeForm::buildTypes() {
    auto* box = new QWidget;
    auto* column = newSection(box, tr("What goes in"));
    dtype_->setObjectName(QStringLiteral("dtypeBox"));
    dtype_->setAccessibleName(tr("Data type of floating-point tensors"));
    saturate_->setObjectName(QStringLiteral("saturate"));
    saturate_->setToolTip(tr("Overflow becomes the largest finite value, not infinity or NaN as PyTorch makes it"));
    weightsOnly_->setObjectName(QStringLiteral("weightsOnly"));
    weightsOnly_->setToolTip(tr("Leaves out the optimizer, the epoch and everything else that training keeps."));
    auto* row = new QHBoxLayout;
    row->addWidget(new Label(Label::Style::Body, tr("Floating-point tensors")));
    row->addWidget(dtype_, 1);
    column->addLayout(row);
    column->addWidget(saturate_);
    column->addWidget(weightsOnly_);
    return box;
}

QWidget* RecipeForm::buildRules() {
    auto* box = new QWidget;
    auto* column = newSection(box, tr("Rules for some tensors"));
    column->addWidget(
        newHint(tr("Other types, names left out or kept, new names, cuts. The last rule that matches wins.")));
    column->addWidget(rules_);
    return box;
}

void RecipeForm::setSource(std::shared_ptr<const Checkpoint> source) {
    source_ = std::move(source);
    reset();
}

void RecipeForm::reset() {
    const QSignalBlocker quiet(this);
    presets_->showNone();
    output_->setSource(source_);
    Recipe recipe;
    setWidgets(recipe);
    proposeDestination();
}

// All but the output section.
void RecipeForm::setWidgets(const Recipe& recipe) {
    dtype_->setCurrentIndex(recipe.dtype ? std::max(0, dtype_->findData(static_cast<int>(*recipe.dtype))) : 0);
    saturate_->setChecked(recipe.saturate);
    weightsOnly_->setChecked(recipe.weightsOnly);
    rules_->model().setRules(rulesOf(recipe));
    run_->setRecipe(recipe);
}

void RecipeForm::setRecipe(const Recipe& recipe) {
    {
        const QSignalBlocker quiet(this);
        output_->setRecipe(recipe);
        setWidgets(recipe);
        proposeDestination();
    }
    emit changed();
}

// By the user: it is no preset's choice any more.
void RecipeForm::edited() {
    if (signalsBlocked()) return;
    presets_->showNone();
    proposeDestination();
    emit changed();
}

void RecipeForm::proposeDestination() {
    Recipe named;
    static_cast<void>(output_->addTo(named));
    named.dtype = chosenDType(*dtype_);
    named.weightsOnly = weightsOnly_->isChecked();
    output_->proposeDestination(named);
}

void RecipeForm::makeWay() {
    output_->makeWay();
    proposeDestination();
}

void RecipeForm::presetsChanged() {
    presets_->refresh();
}

const QList<RuleRow>& RecipeForm::rules() const {
    return rules_->model().rules();
}

void RecipeForm::setMatches(const std::shared_ptr<const Preview>& preview) {
    QList<std::optional<std::uint64_t>> counts;
    if (preview)
        for (const SharedRows& rows : matchesOf(rules(), preview))
            counts << (rows ? std::optional<std::uint64_t>(rows->size()) : std::nullopt);
    rules_->model().setMatches(std::move(counts));
}

Result<Recipe> RecipeForm::recipe() const {
    Recipe recipe;
    recipe.dtype = chosenDType(*dtype_);
    recipe.saturate = saturate_->isChecked();
    recipe.weightsOnly = weightsOnly_->isChecked();
    // Rules first: all of them are looked at, whatever else is wrong.
    const auto ruled = rules_->model().addTo(recipe);
    TRY_VOID(output_->addTo(recipe));
    if (!ruled) return fail(ruled.error());
    TRY_VOID(run_->addTo(recipe));
    if (isAddress(recipe.destination))
        return fail(Errc::Usage, tr("DST: an address cannot be written to").toStdString());
    return recipe;
}

}  // namespace plimsoll::ui
