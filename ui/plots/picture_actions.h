// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <functional>

#include "plots/plot_picture.h"

class QWidget;

namespace plimsoll::ui {

// "Save picture…" and "Copy picture" of a plot, as it is seen: its context menu, and for the window's menu. What became
// of a picture that was saved is told by the list of jobs.
class PictureActions final : public QObject {
    Q_OBJECT
public:
    // Belongs to the plot. `picture` is asked for its picture when it is wanted.
    PictureActions(QWidget* plot, std::function<PlotPicture()> picture);
    void askWhereToSave();
    void save(const QString& path);
    void copy();
    [[nodiscard]] PlotPicture picture() const;  // as it is seen now

    // Of the plot that is seen nearest to this widget: in it, or in what holds it. Null where none is seen.
    [[nodiscard]] static PictureActions* nearest(const QWidget* widget);

signals:
    void ended();  // saved, or not

private:
    [[nodiscard]] bool isSeen() const;

    QWidget* plot_;
    std::function<PlotPicture()> picture_;
};

}  // namespace plimsoll::ui
