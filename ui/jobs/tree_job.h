// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "jobs/job.h"
#include "models/tensor_tree.h"

namespace plimsoll::ui {

// Filters and orders the tensors of a large checkpoint.
class TreeJob final : public Job {
    Q_OBJECT
public:
    explicit TreeJob(QObject* parent) : Job(parent) {}
    void build(std::shared_ptr<const Checkpoint> checkpoint, Filter filter, TreeOrder order);

signals:
    void built(const std::shared_ptr<const plimsoll::ui::TensorTree>& tree);
    void failed(const plimsoll::Error& error);
};

}  // namespace plimsoll::ui
