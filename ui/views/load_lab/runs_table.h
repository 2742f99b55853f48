// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lab/load_report.h"
#include "views/load_lab/strategy_table.h"

namespace plimsoll::ui {

// Why a run failed: without the name of the checkpoint, which is that of all runs.
[[nodiscard]] QString failureText(const LoadRun& run, const LoadReport& head);

// One row per load test: what was measured, and whether its curve is shown. Row numbers are run numbers.
class RunsTable final : public StrategyTable {
    Q_OBJECT
public:
    enum Column {
        Strategy,
        Round,
        Device,
        Time,
        Anonymous,
        Predicted,
        FileBacked,
        KernelPeak,
        DeviceAllocated,
        DeviceUsed,
        DiskRead,
        AskedFor,
        Outcome,
        ColumnCount
    };

    explicit RunsTable(QWidget* parent = nullptr);
    int addRun(const QString& strategy, const QString& device, unsigned round);
    void setRunning(int run);
    void setResult(int run, const LoadRun& result, const LoadReport& head);
    void setOutcome(int run, const QString& text);  // of a run that never came to a result

signals:
    void visibilityChanged(int run, bool visible);
    void currentRunChanged(int run);
};

}  // namespace plimsoll::ui
