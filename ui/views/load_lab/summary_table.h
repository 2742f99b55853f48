// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lab/load_report.h"
#include "views/load_lab/strategy_table.h"

namespace plimsoll::ui {

// A row per strategy: medians of all rounds with their spread, and how far the prediction was off.
class SummaryTable final : public StrategyTable {
    Q_OBJECT
public:
    explicit SummaryTable(QWidget* parent = nullptr);
    void show(const LoadReport& report);
};

// "bf16", or that nothing is cast.
[[nodiscard]] QString castText(std::optional<DType> dtype);

// Of anonymous memory: "64.5 MiB", or "≤ 64.5 MiB" where a load may well take less.
[[nodiscard]] QString predictionText(const Prediction& prediction);

// "+1.2 %": how far a prediction of anonymous memory lies from what was measured; empty where hostErrorPercent is.
[[nodiscard]] QString predictionErrorText(const Prediction& prediction, double measured);

}  // namespace plimsoll::ui
