// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/audit_job.h"

#include "convert/command_line.h"
#include "text/text.h"

namespace plimsoll::ui {

void AuditJob::run(std::shared_ptr<const Checkpoint> checkpoint, const AuditOptions& options) {
    using Report = std::shared_ptr<const AuditReport>;
    if (options.readTensors)
        announce({tr("Look for identical tensors in %1").arg(fileName(toText(checkpoint->path))),
                  toText("plimsoll-cli audit " + shellQuoted(checkpoint->path)), true});
    start<Report>(
        [checkpoint = std::move(checkpoint), options](ProgressSink& progress,
                                                      const std::stop_token& stop) -> Result<Report> {
            TRY(auto report, audit(checkpoint, options, progress, stop));
            return std::make_shared<const AuditReport>(std::move(report));
        },
        [this](Result<Report> outcome) {
            if (outcome) {
                setResult(tr("%1 stored more than once").arg(bytesText((*outcome)->identicalBytes)));
                emit audited(*outcome);
            } else {
                emit failed(outcome.error());
            }
        });
}

}  // namespace plimsoll::ui
