// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <memory>

#include "findings/check_report.h"
#include "jobs/job.h"

namespace plimsoll::ui {

// Whether a checkpoint is whole.
class CheckJob final : public Job {
    Q_OBJECT
public:
    explicit CheckJob(QObject* parent) : Job(parent) {}
    void run(const std::string& path, const CheckOptions& options);

signals:
    void checked(const std::shared_ptr<const plimsoll::CheckReport>& report);
    void failed(const plimsoll::Error& error);
};

}  // namespace plimsoll::ui
