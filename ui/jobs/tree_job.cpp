// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/tree_job.h"

namespace plimsoll::ui {

Result<TensorRows> buildRows(const std::shared_ptr<const TensorNames>& names, const TensorQuery& query,
                             TreeJob::Open open, const std::stop_token& stop) {
    auto tree = TensorTree::build(names, query, stop);
    if (tree == nullptr) return cancelled();
    if (open.all) open.nodes.assign(names->tree.size(), true);
    return layOutRows(std::move(tree), std::move(open.nodes));
}

void TreeJob::build(std::shared_ptr<const TensorNames> names, TensorQuery query, Open open) {
    start<TensorRows>([names = std::move(names), query = std::move(query), open = std::move(open)](
                          ProgressSink&, const std::stop_token& stop) { return buildRows(names, query, open, stop); },
                      [this](Result<TensorRows> outcome) {
                          if (outcome) {
                              emit built(std::make_shared<TensorRows>(std::move(*outcome)));
                          } else {
                              emit failed(outcome.error());
                          }
                      });
}

}  // namespace plimsoll::ui
