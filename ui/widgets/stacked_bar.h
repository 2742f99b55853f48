// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>

namespace plimsoll::ui {

// One horizontal bar split into coloured parts, as wide as its share of the whole.
class StackedBar final : public QWidget {
    Q_OBJECT
public:
    struct Part {
        double share = 0;     // 0..1 of the bar
        int colourIndex = 0;  // theme's seriesColour; -1: accent
    };
    explicit StackedBar(QWidget* parent = nullptr);
    void setParts(const QList<Part>& parts);
    QSize sizeHint() const override { return {200, 14}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QList<Part> parts_;
};

// A small square in a series' colour, for the rows that explain a bar or a curve.
class Swatch final : public QWidget {
    Q_OBJECT
public:
    explicit Swatch(int colourIndex, QWidget* parent = nullptr);
    QSize sizeHint() const override { return {12, 12}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int colourIndex_;
};

}  // namespace plimsoll::ui
