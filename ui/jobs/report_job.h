// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <memory>
#include <vector>

#include "jobs/job.h"
#include "lab/load_report.h"
#include "lab/predictions.h"

namespace plimsoll::ui {

// What strategies will need, from the inventory alone.
class PredictJob final : public Job {
    Q_OBJECT
public:
    explicit PredictJob(QObject* parent) : Job(parent) {}
    // `room`: what was typed; this machine's free memory stands for a host that was not.
    void predict(std::shared_ptr<const Checkpoint> checkpoint, Comparison comparison, Room room);

signals:
    void predicted(const std::vector<plimsoll::StrategyPrediction>& predictions, const plimsoll::Room& room);
};

// Saves a report of load tests, whole or a part of it, or opens a saved one.
class ReportJob final : public Job {
    Q_OBJECT
public:
    enum class Part { Folder, Json, RunsCsv, CurvesCsv, Png, Svg };

    explicit ReportJob(QObject* parent) : Job(parent) {}
    // Replaces what is at `path`, a folder's files by name.
    void save(LoadReport report, Part part, const QString& path);
    void open(const QString& path);  // a report.json

signals:
    void saved();
    void opened(const std::shared_ptr<const plimsoll::LoadReport>& report);
    void failed(const plimsoll::Error& error);
};

}  // namespace plimsoll::ui
