// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <memory>

#include "base/result.h"
#include "convert/preview.h"
#include "convert/recipe.h"

namespace plimsoll::ui {

// What a rule does with the tensors that its pattern matches; each is an option of the command line.
enum class RuleAction : std::uint8_t {
    DType,        // --rule PATTERN=D
    KeepType,     // --rule PATTERN=keep
    LeaveOut,     // --drop
    TakeOnly,     // --keep
    Rename,       // --rename FROM=TO
    RenameRegex,  // --rename REGEX=>REPL
    CutColumns,   // --tp-rule PATTERN=0[xPARTS]
    CutRows,      // --tp-rule PATTERN=1[xPARTS]
    CutDim,       // --tp-rule PATTERN=DIM[xPARTS]
    Replicate,    // --tp-rule PATTERN=replicate
};
inline constexpr int kRuleActions = 10;

// One row of the table of rules, as typed.
struct RuleRow {
    RuleAction action = RuleAction::DType;
    QString pattern;
    QString argument;

    friend bool operator==(const RuleRow&, const RuleRow&) = default;
};

[[nodiscard]] QString actionText(RuleAction action);  // "becomes type"
[[nodiscard]] QString actionHint(RuleAction action);  // what its pattern and argument are
[[nodiscard]] QString argumentPlaceholder(RuleAction action);
[[nodiscard]] bool takesArgument(RuleAction action);
// Types that a rule can ask for.
[[nodiscard]] QStringList ruleTypes();

// False where too little is typed to mean anything: such a row does nothing.
[[nodiscard]] bool isComplete(const RuleRow& row);
// Adds the row's option to a recipe. Usage, in the command line's words.
[[nodiscard]] Result<void> addRule(Recipe& recipe, const RuleRow& row);
// The rows that say what a recipe does tensor by tensor.
[[nodiscard]] QList<RuleRow> rulesOf(const Recipe& recipe);

// The preview's rows that each rule matches, for a preview of these rules; null for incomplete ones.
using SharedRows = std::shared_ptr<const PreviewRows>;
[[nodiscard]] QList<SharedRows> matchesOf(const QList<RuleRow>& rules, const std::shared_ptr<const Preview>& preview);

}  // namespace plimsoll::ui
