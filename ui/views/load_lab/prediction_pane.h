// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <vector>

#include "lab/predictions.h"

class QLineEdit;

namespace plimsoll::ui {

class Label;
class StrategyTable;

// Before anything is run: what each strategy will need, and whether it fits into this machine or into sizes that the
// user types.
class PredictionPane final : public QWidget {
    Q_OBJECT
public:
    explicit PredictionPane(QWidget* parent = nullptr);
    [[nodiscard]] Room typedRoom() const;     // empty where nothing, or no size, was typed
    void setDeviceRoom(std::uint64_t bytes);  // of the chosen device; 0: the CPU, or not known
    // A size of GPU memory is there: what loading onto such a GPU takes is asked for, also where there is none.
    [[nodiscard]] bool isForDevice() const;
    void show(const std::vector<StrategyPrediction>& predictions, const Room& room, bool onDevice);

signals:
    void roomChanged();

private:
    [[nodiscard]] QString remarkText(const Room& room, bool onDevice) const;

    QLineEdit* host_;
    QLineEdit* device_;
    Label* remark_;
    StrategyTable* table_;
    std::uint64_t deviceRoom_ = 0;
};

}  // namespace plimsoll::ui
