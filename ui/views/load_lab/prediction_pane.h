// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <vector>

#include "lab/predictions.h"

class QLineEdit;
class QTableWidget;

namespace plimsoll::ui {

class Label;

// Before anything is run: what each strategy will need, and whether it fits into this machine or into sizes that the
// user types.
class PredictionPane final : public QWidget {
    Q_OBJECT
public:
    explicit PredictionPane(QWidget* parent = nullptr);
    [[nodiscard]] Room typedRoom() const;     // empty where nothing, or no size, was typed
    void setDeviceRoom(std::uint64_t bytes);  // of the chosen device; 0: the CPU, or not known
    void show(const std::vector<StrategyPrediction>& predictions, const Room& room, bool onDevice);

signals:
    void roomChanged();

private:
    QLineEdit* host_;
    QLineEdit* device_;
    Label* remark_;
    QTableWidget* table_;
    std::uint64_t deviceRoom_ = 0;
};

}  // namespace plimsoll::ui
