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
            const auto names =
                std::make_shared<const TensorNames>(TensorNames{checkpoint, NameTree::build(checkpoint->tensors)});
            auto tree = TensorTree::build(names, {}, stop);
            if (tree == nullptr) return cancelled();
            auto open = firstExpansion(*tree);
            OpenedCheckpoint opened;
            opened.checkpoint = std::move(checkpoint);
            opened.rows = std::make_shared<const TensorRows>(layOutRows(std::move(tree), std::move(open)));
            opened.overview = std::make_shared<const Overview>(surveyCheckpoint(*opened.checkpoint));
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
