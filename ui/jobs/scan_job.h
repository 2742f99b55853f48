// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <memory>

#include "findings/scan_report.h"
#include "jobs/job.h"

namespace plimsoll::ui {

// What the pickles of a checkpoint would import.
class ScanJob final : public Job {
    Q_OBJECT
public:
    explicit ScanJob(QObject* parent) : Job(parent) {}
    void run(const std::string& path);

signals:
    void scanned(const std::shared_ptr<const plimsoll::ScanReport>& report);
    void failed(const plimsoll::Error& error);
};

}  // namespace plimsoll::ui
