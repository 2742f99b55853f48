// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "checkpoint/checkpoint.h"
#include "jobs/check_job.h"
#include "views/report/report_view.h"

class QCheckBox;

namespace plimsoll::ui {

// Whether the checkpoint is whole. Runs on demand: it reads every byte.
class IntegrityView final : public ReportView {
    Q_OBJECT
public:
    explicit IntegrityView(QWidget* parent = nullptr);
    void setCheckpoint(const std::shared_ptr<const Checkpoint>& checkpoint);  // null: nothing; stops what runs
    void show(const CheckReport& report);

signals:
    void tensorChosen(const std::string& name);

private:
    void run();
    void chooseTensor();

    QPushButton* start_;
    QCheckBox* deep_;
    QPushButton* inspect_;
    LatestJob<CheckJob> job_;
};

}  // namespace plimsoll::ui
