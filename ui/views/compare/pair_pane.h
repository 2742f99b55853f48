// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>
#include <optional>

#include "jobs/diff_job.h"

class QPushButton;
class QStackedWidget;

namespace plimsoll::ui {

class Banner;
class ElidedLabel;
class FigureRow;
class HistogramPlot;
class Label;
class RunStrip;

// One pair of tensors: how far apart their values are, and both histograms over each other. Small ones are read when
// they are chosen, large ones on demand.
class PairPane final : public QWidget {
    Q_OBJECT
public:
    explicit PairPane(QWidget* parent = nullptr);
    void setPair(std::shared_ptr<const DiffReport> report, std::optional<std::size_t> entry);  // null: a hint

signals:
    void shown();                                   // histograms or an error
    void showRequested(plimsoll::TensorId tensor);  // A's, where it is at home

private:
    QWidget* buildPlotPage();
    void showFigures();
    void compute();
    void show(const PairHistograms& histograms);
    void say(const QString& hint, bool canCompute);

    ElidedLabel* name_;
    QPushButton* inspect_;
    FigureRow* figures_;
    RunStrip* strip_;
    Banner* problem_;
    QStackedWidget* stack_;
    Label* hint_;
    QPushButton* start_;
    HistogramPlot* plot_;
    LatestJob<PairJob> job_;
    std::shared_ptr<const DiffReport> report_;
    std::optional<std::size_t> entry_;
};

}  // namespace plimsoll::ui
