// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QComboBox>

#include "models/tensor_colours.h"

namespace plimsoll::ui {

// What tells the colours of a map. All maps have one choice, which is remembered: a box that comes into view takes it.
class ColourBox final : public QComboBox {
    Q_OBJECT
public:
    explicit ColourBox(QWidget* parent = nullptr);
    [[nodiscard]] ColourBy colourBy() const { return static_cast<ColourBy>(currentIndex()); }

signals:
    void chosen(plimsoll::ui::ColourBy by);

protected:
    void showEvent(QShowEvent* event) override;
};

}  // namespace plimsoll::ui
