// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "checkpoint/checkpoint.h"
#include "jobs/scan_job.h"
#include "views/report/report_view.h"

namespace plimsoll::ui {

// What loading the checkpoint in Python would run: every name that its pickles import, with a verdict. What was not
// looked into is listed, and as long as there is any, nothing here says that the file is clean.
class SafetyView final : public ReportView {
    Q_OBJECT
public:
    explicit SafetyView(QWidget* parent = nullptr);
    void setCheckpoint(const std::shared_ptr<const Checkpoint>& checkpoint);  // null: nothing; starts a scan

    // A file that need not be a checkpoint. Empty: nothing.
    void setPath(const std::string& path);

    void show(const ScanReport& report);

private:
    void run();
    void showVerdict(const ScanReport& report);

    QPushButton* again_;
    LatestJob<ScanJob> job_;
};

}  // namespace plimsoll::ui
