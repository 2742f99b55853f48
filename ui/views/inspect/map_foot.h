// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "models/tensor_colours.h"
#include "plots/plot_picture.h"

namespace plimsoll::ui {

class ColourLegend;
class ElidedLabel;

// Below a map: what is under the pointer, and what the colours stand for.
class MapFoot final : public QWidget {
    Q_OBJECT
public:
    explicit MapFoot(QWidget* parent = nullptr);
    void setHint(const QString& hint);  // while nothing is pointed at
    void say(const QString& text);
    // With what the colours stand for.
    [[nodiscard]] PlotPicture below(PlotPicture map) const;
    // `outside`, `unused`: bytes that no tensor has; 0: none of that kind.
    void setColours(const TensorColours& colours, std::uint64_t outside = 0, std::uint64_t unused = 0);

private:
    QString hint_;
    ElidedLabel* words_;
    ColourLegend* legend_;
};

}  // namespace plimsoll::ui
