// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/scan_job.h"

#include "findings/scan.h"

namespace plimsoll::ui {

void ScanJob::run(const std::string& path) {
    using Report = std::shared_ptr<const ScanReport>;
    start<Report>(
        [path](ProgressSink& progress, const std::stop_token& stop) -> Result<Report> {
            TRY(auto report, scan(path, progress, stop));
            return std::make_shared<const ScanReport>(std::move(report));
        },
        [this](Result<Report> outcome) {
            if (outcome) {
                emit scanned(*outcome);
            } else {
                emit failed(outcome.error());
            }
        });
}

}  // namespace plimsoll::ui
