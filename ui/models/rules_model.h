// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QColor>
#include <optional>

#include "models/rule_row.h"

namespace plimsoll::ui {

// The rules of a conversion as a table that can be edited. GUI thread only.
class RulesModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Pattern, Action, Argument, Matches, ColumnCount };

    explicit RulesModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
    [[nodiscard]] const QList<RuleRow>& rules() const noexcept { return rules_; }
    void setRules(QList<RuleRow> rules);
    int add(const RuleRow& rule);  // answers its row
    void remove(int row);
    // -1: up, 1: down. False at the end.
    bool move(int row, int by);
    // How many tensors each rule matches, by row; nothing while that is not known.
    void setMatches(QList<std::optional<std::uint64_t>> matches);
    // Adds all complete rules. The first one that is wrong is the error; it stands at its row as well.
    [[nodiscard]] Result<void> addTo(Recipe& recipe);
    void setColours(const QColor& muted, const QColor& bad);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;

signals:
    void edited();  // what a rule says, or their order

private:
    struct State {
        std::optional<std::uint64_t> matches;
        QString problem;
    };
    [[nodiscard]] QString text(const RuleRow& rule, const State& state, int column) const;
    [[nodiscard]] QVariant colour(const RuleRow& rule, const State& state, int column) const;
    [[nodiscard]] QString toolTip(const RuleRow& rule, const State& state, int column) const;

    QList<RuleRow> rules_;
    QList<State> states_;  // by row
    QColor muted_;
    QColor bad_;
};

}  // namespace plimsoll::ui
