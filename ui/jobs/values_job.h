// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <memory>
#include <utility>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "jobs/job.h"
#include "models/tensor_values_model.h"
#include "tensor/stats.h"

namespace plimsoll::ui {

// Reads the asked blocks of one tensor.
class ValuesJob final : public Job {
    Q_OBJECT
public:
    explicit ValuesJob(QObject* parent) : Job(parent) {}
    void read(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor, std::size_t elementBytes,
              std::vector<ValueTile> tiles);

signals:
    void tileRead(quint64 key, const QByteArray& bytes);
    void failed(const plimsoll::Error& error, const std::vector<quint64>& keys);
};

// Exact statistics of one tensor, in bounded memory; progress counts bytes of the tensor.
class StatsJob final : public Job {
    Q_OBJECT
public:
    explicit StatsJob(QObject* parent) : Job(parent) {}
    void compute(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor);

signals:
    void computed(const plimsoll::TensorStats& stats);
    void failed(const plimsoll::Error& error);
};

}  // namespace plimsoll::ui
