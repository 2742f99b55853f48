// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/rule_row.h"

#include <QCoreApplication>
#include <map>

#include "convert/recipe_options.h"
#include "text/text.h"

namespace plimsoll::ui {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Rules", text);
}

// A field without its dimension: "" for 1 part, "x3" for 3.
QString partsText(std::uint32_t parts) {
    return parts == 1 ? QString() : QStringLiteral("x%1").arg(parts);
}

QString cutValue(const RuleRow& row, const QString& dim) {
    if (row.argument.isEmpty()) return dim;
    return dim + (row.argument.startsWith(QLatin1Char('x')) ? QString() : QStringLiteral("x")) + row.argument;
}

std::pair<const char*, QString> optionOf(const RuleRow& row) {
    switch (row.action) {
        case RuleAction::DType:
            return {"--rule", row.pattern + QLatin1Char('=') + row.argument};
        case RuleAction::KeepType:
            return {"--rule", row.pattern + QStringLiteral("=keep")};
        case RuleAction::LeaveOut:
            return {"--drop", row.pattern};
        case RuleAction::TakeOnly:
            return {"--keep", row.pattern};
        case RuleAction::Rename:
            return {"--rename", row.pattern + QLatin1Char('=') + row.argument};
        case RuleAction::RenameRegex:
            return {"--rename", row.pattern + QStringLiteral("=>") + row.argument};
        case RuleAction::CutColumns:
            return {"--tp-rule", row.pattern + QLatin1Char('=') + cutValue(row, QStringLiteral("0"))};
        case RuleAction::CutRows:
            return {"--tp-rule", row.pattern + QLatin1Char('=') + cutValue(row, QStringLiteral("1"))};
        case RuleAction::CutDim:
            return {"--tp-rule", row.pattern + QLatin1Char('=') + row.argument};
        case RuleAction::Replicate:
            return {"--tp-rule", row.pattern + QStringLiteral("=replicate")};
    }
    return {"", {}};
}

RuleRow rowOf(const TpRule& rule) {
    const QString glob = toText(rule.glob);
    if (!rule.dim) return {RuleAction::Replicate, glob, {}};
    if (*rule.dim == 0) return {RuleAction::CutColumns, glob, partsText(rule.parts)};
    if (*rule.dim == 1) return {RuleAction::CutRows, glob, partsText(rule.parts)};
    return {RuleAction::CutDim, glob, QString::number(*rule.dim) + partsText(rule.parts)};
}

RuleRow rowOf(const RenameRule& rule) {
    const QString text = toText(rule.text());
    if (const auto arrow = text.lastIndexOf(QStringLiteral("=>")); arrow >= 0)
        return {RuleAction::RenameRegex, text.left(arrow), text.mid(arrow + 2)};
    const auto equals = text.indexOf(QLatin1Char('='));
    return {RuleAction::Rename, text.left(equals), text.mid(equals + 1)};
}

// Where a preview keeps what rules of this kind match.
const std::vector<PreviewRows>& listOf(const Preview& preview, RuleAction action) {
    switch (action) {
        case RuleAction::DType:
        case RuleAction::KeepType:
            return preview.byRule;
        case RuleAction::LeaveOut:
            return preview.byDrop;
        case RuleAction::TakeOnly:
            return preview.byKeep;
        case RuleAction::Rename:
        case RuleAction::RenameRegex:
            return preview.byRename;
        default:
            return preview.byTpRule;
    }
}

}  // namespace

QString actionText(RuleAction action) {
    switch (action) {
        case RuleAction::DType:
            return tr("becomes");
        case RuleAction::KeepType:
            return tr("keeps its type");
        case RuleAction::LeaveOut:
            return tr("left out");
        case RuleAction::TakeOnly:
            return tr("only these");
        case RuleAction::Rename:
            return tr("renamed to");
        case RuleAction::RenameRegex:
            return tr("regex, to");
        case RuleAction::CutColumns:
            return tr("cut: columns");
        case RuleAction::CutRows:
            return tr("cut: rows");
        case RuleAction::CutDim:
            return tr("cut: dimension");
        case RuleAction::Replicate:
            return tr("to every rank");
    }
    return {};
}

QString actionHint(RuleAction action) {
    switch (action) {
        case RuleAction::DType:
            return tr(
                "Tensors whose whole name matches the pattern (*, ?, [abc]) become this type; the last rule that "
                "matches wins.");
        case RuleAction::KeepType:
            return tr("Tensors whose whole name matches the pattern (*, ?, [abc]) keep the type they have.");
        case RuleAction::LeaveOut:
            return tr("Left out. The pattern is as in the filter line: *.bias, size>1M, dtype:i64, /regex/.");
        case RuleAction::TakeOnly:
            return tr("Only what one of these matches is taken. The pattern is as in the filter line.");
        case RuleAction::Rename:
            return tr(
                "The front of a name is replaced (model to net; model to nothing), or, with *, the whole name "
                "(*.a.* to b.*.*).");
        case RuleAction::RenameRegex:
            return tr("Every match of the regular expression is replaced; \\1 is what the first group matched.");
        case RuleAction::CutColumns:
            return tr(
                "Column-parallel: cut along dimension 0. Number of matrices fused in it (x3: query, key, value), "
                "or nothing.");
        case RuleAction::CutRows:
            return tr("Row-parallel: cut along dimension 1. Number of matrices fused in it, or nothing.");
        case RuleAction::CutDim:
            return tr("Cut along this dimension: 2, or 2x3 where three matrices are fused.");
        case RuleAction::Replicate:
            return tr("Every rank gets the whole tensor.");
    }
    return {};
}

QString argumentPlaceholder(RuleAction action) {
    switch (action) {
        case RuleAction::Rename:
        case RuleAction::RenameRegex:
            return tr("nothing");
        case RuleAction::CutColumns:
        case RuleAction::CutRows:
            return tr("1 part");
        case RuleAction::CutDim:
            return QStringLiteral("2");
        default:
            return {};
    }
}

bool takesArgument(RuleAction action) {
    return action != RuleAction::KeepType && action != RuleAction::LeaveOut && action != RuleAction::TakeOnly &&
           action != RuleAction::Replicate;
}

QStringList ruleTypes() {
    QStringList names;
    for (const DType dtype :
         {DType::BF16, DType::F16, DType::F32, DType::F64, DType::F8_E4M3FN, DType::F8_E5M2, DType::I64, DType::I32,
          DType::I16, DType::I8, DType::U64, DType::U32, DType::U16, DType::U8, DType::Bool})
        names << toText(shortName(dtype));
    return names;
}

bool isComplete(const RuleRow& row) {
    if (row.action == RuleAction::Rename) return !row.pattern.isEmpty() || !row.argument.isEmpty();
    return !row.pattern.isEmpty();
}

Result<void> addRule(Recipe& recipe, const RuleRow& row) {
    const auto [option, value] = optionOf(row);
    return setOption(recipe, option, value.toStdString());
}

QList<RuleRow> rulesOf(const Recipe& recipe) {
    QList<RuleRow> rows;
    for (const std::string& pattern : recipe.keep) rows << RuleRow{RuleAction::TakeOnly, toText(pattern), {}};
    for (const std::string& pattern : recipe.drop) rows << RuleRow{RuleAction::LeaveOut, toText(pattern), {}};
    for (const CastRule& rule : recipe.rules) {
        const QString glob = toText(rule.glob);
        rows << (rule.dtype ? RuleRow{RuleAction::DType, glob, toText(shortName(*rule.dtype))}
                            : RuleRow{RuleAction::KeepType, glob, {}});
    }
    for (const RenameRule& rule : recipe.renames) rows << rowOf(rule);
    for (const TpRule& rule : recipe.tpRules) rows << rowOf(rule);
    return rows;
}

QList<SharedRows> matchesOf(const QList<RuleRow>& rules, const std::shared_ptr<const Preview>& preview) {
    QList<SharedRows> matches;
    std::map<const std::vector<PreviewRows>*, std::size_t> used;
    for (const RuleRow& rule : rules) {
        matches << nullptr;
        if (!isComplete(rule)) continue;
        const auto& list = listOf(*preview, rule.action);
        const std::size_t at = used[&list]++;
        if (at < list.size()) matches.back() = SharedRows(preview, &list[at]);
    }
    return matches;
}

}  // namespace plimsoll::ui
