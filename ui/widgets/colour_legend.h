// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>

#include "plots/map_legend.h"

namespace plimsoll::ui {

// What the colours of a map stand for, in lines from left to right.
class ColourLegend final : public QWidget {
    Q_OBJECT
public:
    explicit ColourLegend(QWidget* parent = nullptr);
    void setEntries(const QList<MapLegendEntry>& entries);
    [[nodiscard]] const QList<MapLegendEntry>& entries() const noexcept { return entries_; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QList<MapLegendEntry> entries_;
};

}  // namespace plimsoll::ui
