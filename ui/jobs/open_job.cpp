// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/open_job.h"

#include <QFile>

#include "formats/registry.h"

namespace plimsoll::ui {

void OpenJob::open(const QString& path) {
    const auto globals = std::make_shared<std::vector<GlobalRef>>();
    const std::string native = QFile::encodeName(path).toStdString();
    start<OpenedCheckpoint>(
        [native, globals](ProgressSink&, const std::stop_token& stop) -> Result<OpenedCheckpoint> {
            TRY(auto checkpoint, openCheckpoint(native, stop, globals.get()));
            OpenedCheckpoint opened{checkpoint, buildTensorTree(checkpoint, nullptr, {}), nullptr};
            opened.overview = std::make_shared<const Overview>(surveyCheckpoint(*checkpoint));
            if (stop.stop_requested()) return cancelled();
            return opened;
        },
        [this, path, globals](Result<OpenedCheckpoint> outcome) {
            if (outcome) {
                emit opened(*outcome);
            } else {
                emit failed(OpenFailure{path, outcome.error(), std::move(*globals)});
            }
        });
}

}  // namespace plimsoll::ui
