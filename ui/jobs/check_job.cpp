// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/check_job.h"

#include "findings/check.h"

namespace plimsoll::ui {

void CheckJob::run(const std::string& path, const CheckOptions& options) {
    using Report = std::shared_ptr<const CheckReport>;
    start<Report>(
        [path, options](ProgressSink& progress, const std::stop_token& stop) -> Result<Report> {
            TRY(auto report, check(path, options, progress, stop));
            return std::make_shared<const CheckReport>(std::move(report));
        },
        [this](Result<Report> outcome) {
            if (outcome) {
                emit checked(*outcome);
            } else {
                emit failed(outcome.error());
            }
        });
}

}  // namespace plimsoll::ui
