// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/audit.h"

#include <utility>

#include "audit/identical.h"
#include "audit/slim.h"

namespace plimsoll {

Result<AuditReport> audit(std::shared_ptr<const Checkpoint> checkpoint, const AuditOptions& options,
                          ProgressSink& progress, const std::stop_token& stop) {
    AuditReport report = auditInventory(std::move(checkpoint));
    if (options.planSlimming) {
        TRY(report.slim, slimOptions(report, stop));
    }
    if (!options.readTensors) return report;
    const TensorTable& table = report.checkpoint->tensors;
    const auto candidates = identicalCandidates(table);
    progress.announce(candidateBytes(table, candidates));
    TRY(report.identical, findIdentical(report.checkpoint, candidates, options.threads, progress, stop));
    for (const TensorGroup& group : report.identical) report.identicalBytes += (group.members.size() - 1) * group.bytes;
    report.identicalWasRead = true;
    return report;
}

}  // namespace plimsoll
