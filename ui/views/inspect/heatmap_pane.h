// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "jobs/values_job.h"

class QComboBox;
class QPushButton;
class QStackedWidget;

namespace plimsoll::ui {

class Banner;
class HeatmapPlot;
class Label;
class RunStrip;

// The plane that the values grid shows, as a picture. Small ones are drawn when they are looked at, large ones on
// demand: every cell is read.
class HeatmapPane final : public QWidget {
    Q_OBJECT
public:
    explicit HeatmapPane(TensorCells* cells, QWidget* parent = nullptr);

signals:
    void elementChosen(quint64 element);  // of the tensor
    void shown();                         // a picture or an error

protected:
    void showEvent(QShowEvent* event) override;

private:
    void restart();
    void look();
    void draw();
    void show(const std::shared_ptr<const GridImage>& image);
    [[nodiscard]] GridView view() const;
    [[nodiscard]] QString planeText() const;

    TensorCells* cells_;
    QComboBox* what_;
    RunStrip* strip_;
    Banner* problem_;
    QStackedWidget* stack_;
    Label* hint_;
    QPushButton* start_;
    HeatmapPlot* plot_;
    Label* readout_;
    LatestJob<HeatmapJob> job_;
    bool wanted_ = false;  // to be drawn when it is seen
};

}  // namespace plimsoll::ui
