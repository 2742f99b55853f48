// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace plimsoll::ui {

// A bar that is filled to a share of its width, on a track.
class ShareBar final : public QWidget {
    Q_OBJECT
public:
    ShareBar(double share, int colourIndex, QWidget* parent = nullptr);  // 0..1; theme's seriesColour
    QSize sizeHint() const override { return {120, 10}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    double share_;
    int colourIndex_;
};

}  // namespace plimsoll::ui
