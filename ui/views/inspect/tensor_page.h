// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "jobs/values_job.h"

class QPushButton;
class QStackedWidget;
class QTabWidget;

namespace plimsoll::ui {

class FactGrid;
class HeatmapPane;
class HistogramPlot;
class Label;
class StatsPane;
class ValuesPane;

// One tensor: what the file says of it, its statistics, its values as numbers, as a histogram and as a picture.
class TensorPage final : public QWidget {
    Q_OBJECT
public:
    explicit TensorPage(QWidget* parent = nullptr);
    void setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor);  // null: a hint
    void setModule(const QString& name, const QString& sums);                       // in the place of a tensor
    // Of the tensor that is shown; nothing where none is.
    void showStatistics();
    void showHeatmap();
    void askForPlace();  // a row and a column to go to
    void askWhereToSave();

private:
    void fillFacts(const Checkpoint& checkpoint, TensorId tensor);
    QWidget* buildHistogramPage();
    void showHistogram(const TensorSurvey* survey);

    QStackedWidget* stack_;
    Label* module_;
    Label* hint_;
    Label* name_;
    FactGrid* facts_;
    StatsPane* stats_;
    TensorCells* cells_;
    QTabWidget* pages_;
    ValuesPane* values_;
    HeatmapPane* heatmap_;
    QStackedWidget* histogramStack_;
    HistogramPlot* histogram_;
    Label* histogramHint_;
    QPushButton* computeHistogram_;
};

}  // namespace plimsoll::ui
