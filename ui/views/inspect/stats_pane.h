// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "jobs/values_job.h"

class QProgressBar;
class QPushButton;
class QStackedWidget;

namespace plimsoll::ui {

class Banner;
class FigureRow;

// Statistics of one tensor: small ones at once, large ones on demand.
class StatsPane final : public QWidget {
    Q_OBJECT
public:
    explicit StatsPane(QWidget* parent = nullptr);
    void setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor);

    [[nodiscard]] bool isPossible() const;  // whether the tensor has values of which there are statistics
    void compute();

signals:
    void shown();  // a result or an error
    void reading(bool reads);
    void surveyed(const plimsoll::ui::TensorSurvey& survey);

private:
    void show(const TensorSurvey& survey);

    QStackedWidget* stack_;
    QPushButton* start_;
    QWidget* busy_;
    QProgressBar* bar_;
    FigureRow* result_;
    Banner* problem_;
    LatestJob<StatsJob> job_;
    std::shared_ptr<const Checkpoint> checkpoint_;
    TensorId tensor_;
};

}  // namespace plimsoll::ui
