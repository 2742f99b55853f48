// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/rules_model.h"

#include <utility>

#include "text/text.h"

namespace plimsoll::ui {

void RulesModel::setRules(QList<RuleRow> rules) {
    beginResetModel();
    rules_ = std::move(rules);
    states_ = QList<State>(rules_.size());
    endResetModel();
}

int RulesModel::add(const RuleRow& rule) {
    const int row = rowCount();
    beginInsertRows({}, row, row);
    rules_ << rule;
    states_ << State();
    endInsertRows();
    emit edited();
    return row;
}

void RulesModel::remove(int row) {
    if (row < 0 || row >= rowCount()) return;
    beginRemoveRows({}, row, row);
    rules_.removeAt(row);
    states_.removeAt(row);
    endRemoveRows();
    emit edited();
}

bool RulesModel::move(int row, int by) {
    const int to = row + by;
    if (row < 0 || to < 0 || row >= rowCount() || to >= rowCount()) return false;
    beginMoveRows({}, row, row, {}, by > 0 ? to + 1 : to);
    rules_.move(row, to);
    states_.move(row, to);
    endMoveRows();
    emit edited();
    return true;
}

void RulesModel::setMatches(QList<std::optional<std::uint64_t>> matches) {
    for (int row = 0; row < rowCount(); ++row)
        states_[row].matches = row < matches.size() ? matches[row] : std::nullopt;
    if (rowCount() > 0) emit dataChanged(index(0, Matches), index(rowCount() - 1, Matches));
}

Result<void> RulesModel::addTo(Recipe& recipe) {
    Result<void> outcome;
    for (int row = 0; row < rowCount(); ++row) {
        QString problem;
        if (isComplete(rules_[row])) {
            const auto added = addRule(recipe, rules_[row]);
            if (!added) problem = toText(added.error().what);
            if (!added && outcome) outcome = added;
        }
        if (std::exchange(states_[row].problem, problem) != problem)
            emit dataChanged(index(row, 0), index(row, ColumnCount - 1));
    }
    return outcome;
}

void RulesModel::setColours(const QColor& muted, const QColor& bad) {
    muted_ = muted;
    bad_ = bad;
    if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

int RulesModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rules_.size());
}

int RulesModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString RulesModel::text(const RuleRow& rule, const State& state, int column) const {
    switch (column) {
        case Pattern:
            return rule.pattern.isEmpty() ? tr("pattern") : rule.pattern;
        case Action:
            return actionText(rule.action);
        case Argument:
            if (!takesArgument(rule.action)) return {};
            return rule.argument.isEmpty() ? argumentPlaceholder(rule.action) : rule.argument;
        default:
            if (!state.problem.isEmpty()) return tr("wrong");
            return state.matches ? countText(*state.matches) : QString();
    }
}

QVariant RulesModel::colour(const RuleRow& rule, const State& state, int column) const {
    if (!state.problem.isEmpty() || (column == Matches && state.matches == 0U)) return bad_;
    if ((column == Pattern && rule.pattern.isEmpty()) || (column == Argument && rule.argument.isEmpty())) return muted_;
    return {};
}

QString RulesModel::toolTip(const RuleRow& rule, const State& state, int column) const {
    if (!state.problem.isEmpty()) return state.problem;
    if (column == Matches && state.matches) return tr("Matches %1").arg(tensorsText(*state.matches));
    return actionHint(rule.action);
}

QVariant RulesModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const RuleRow& rule = rules_[index.row()];
    const State& state = states_[index.row()];
    switch (role) {
        case Qt::DisplayRole:
            return text(rule, state, index.column());
        case Qt::EditRole:
            if (index.column() == Action) return static_cast<int>(rule.action);
            return index.column() == Pattern ? rule.pattern : rule.argument;
        case Qt::ForegroundRole:
            return colour(rule, state, index.column());
        case Qt::ToolTipRole:
            return toolTip(rule, state, index.column());
        case Qt::AccessibleTextRole:
            return QStringLiteral("%1: %2").arg(headerData(index.column(), Qt::Horizontal).toString(),
                                                text(rule, state, index.column()));
        case Qt::TextAlignmentRole:
            return QVariant::fromValue(Qt::AlignVCenter | (index.column() == Matches ? Qt::AlignRight : Qt::AlignLeft));
        default:
            return {};
    }
}

QVariant RulesModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignVCenter | (section == Matches ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Pattern:
            return tr("Tensors");
        case Action:
            return tr("Action");
        case Argument:
            return tr("Value");
        default:
            return tr("Match");
    }
}

Qt::ItemFlags RulesModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    const bool isEditable = index.isValid() && index.column() != Matches &&
                            (index.column() != Argument || takesArgument(rules_[index.row()].action));
    return isEditable ? flags | Qt::ItemIsEditable : flags;
}

bool RulesModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::EditRole || !(flags(index) & Qt::ItemIsEditable)) return false;
    RuleRow changed = rules_[index.row()];
    if (index.column() == Action) {
        const auto action = static_cast<RuleAction>(value.toInt());
        if (action == changed.action) return true;
        // An argument of one kind means nothing to another one.
        const auto isRename = [](RuleAction a) { return a == RuleAction::Rename || a == RuleAction::RenameRegex; };
        if (!isRename(action) || !isRename(changed.action)) changed.argument.clear();
        if (action == RuleAction::DType) changed.argument = ruleTypes().first();
        changed.action = action;
    } else if (index.column() == Pattern) {
        changed.pattern = value.toString().trimmed();
    } else {
        changed.argument = value.toString().trimmed();
    }
    if (std::exchange(rules_[index.row()], changed) == changed) return true;
    states_[index.row()] = {};
    emit dataChanged(this->index(index.row(), 0), this->index(index.row(), ColumnCount - 1));
    emit edited();
    return true;
}

}  // namespace plimsoll::ui
