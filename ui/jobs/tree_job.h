// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "jobs/job.h"
#include "models/tensor_tree.h"

namespace plimsoll::ui {

// Filters, orders and lays out the tensors of a checkpoint.
class TreeJob final : public Job {
    Q_OBJECT
public:
    explicit TreeJob(QObject* parent) : Job(parent) {}
    // What is laid open: these nodes, or all where that is asked.
    struct Open {
        ExpandedNodes nodes;
        bool all = false;
    };
    void build(std::shared_ptr<const TensorNames> names, TensorQuery query, Open open);

signals:
    void built(const std::shared_ptr<plimsoll::ui::TensorRows>& rows);  // the receiver may move from them
    void failed(const plimsoll::Error& error);
};

// The job's work.
[[nodiscard]] Result<TensorRows> buildRows(const std::shared_ptr<const TensorNames>& names, const TensorQuery& query,
                                           TreeJob::Open open, const std::stop_token& stop = {});

}  // namespace plimsoll::ui
