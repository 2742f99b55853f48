// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/tree_job.h"

namespace plimsoll::ui {

void TreeJob::build(std::shared_ptr<const Checkpoint> checkpoint, Filter filter, TreeOrder order) {
    using Tree = std::shared_ptr<const TensorTree>;
    start<Tree>([checkpoint = std::move(checkpoint), filter = std::move(filter), order](
                    ProgressSink&,
                    const std::stop_token&) -> Result<Tree> { return buildTensorTree(checkpoint, &filter, order); },
                [this](Result<Tree> outcome) {
                    if (outcome) {
                        emit built(*outcome);
                    } else {
                        emit failed(outcome.error());
                    }
                });
}

}  // namespace plimsoll::ui
