// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "audit/audit.h"
#include "jobs/job.h"

namespace plimsoll::ui {

// Where the bytes of a checkpoint went.
class AuditJob final : public Job {
    Q_OBJECT
public:
    explicit AuditJob(QObject* parent) : Job(parent) {}
    void run(std::shared_ptr<const Checkpoint> checkpoint, const AuditOptions& options);

signals:
    void audited(const std::shared_ptr<const plimsoll::AuditReport>& report);
    void failed(const plimsoll::Error& error);
};

}  // namespace plimsoll::ui
