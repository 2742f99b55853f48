// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/check_job.h"

#include "convert/command_line.h"
#include "findings/check.h"
#include "text/text.h"

namespace plimsoll::ui {

void CheckJob::run(const std::string& path, const CheckOptions& options) {
    using Report = std::shared_ptr<const CheckReport>;
    if (options.deep)
        announce({tr("Check every value of %1").arg(fileName(toText(path))),
                  toText("plimsoll-cli check " + shellQuoted(path) + " --deep"), true});
    start<Report>(
        [path, options](ProgressSink& progress, const std::stop_token& stop) -> Result<Report> {
            TRY(auto report, check(path, options, progress, stop));
            return std::make_shared<const CheckReport>(std::move(report));
        },
        [this](Result<Report> outcome) {
            if (outcome) {
                const std::size_t findings = (*outcome)->findings.size();
                setResult(findings == 0   ? tr("nothing found")
                          : findings == 1 ? tr("1 finding")
                                          : tr("%1 findings").arg(countText(findings)));
                emit checked(*outcome);
            } else {
                emit failed(outcome.error());
            }
        });
}

}  // namespace plimsoll::ui
