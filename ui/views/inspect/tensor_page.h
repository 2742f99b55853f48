// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "checkpoint/checkpoint.h"

class QStackedWidget;

namespace plimsoll::ui {

class FactGrid;
class Label;
class StatsPane;
class ValuesPane;

// One tensor: what the file says of it, its statistics, its values.
class TensorPage final : public QWidget {
    Q_OBJECT
public:
    explicit TensorPage(QWidget* parent = nullptr);
    void setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor);  // null: a hint

private:
    void fillFacts(const Checkpoint& checkpoint, TensorId tensor);

    QStackedWidget* stack_;
    Label* name_;
    FactGrid* facts_;
    StatsPane* stats_;
    ValuesPane* values_;
};

}  // namespace plimsoll::ui
