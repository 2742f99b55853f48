// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <memory>
#include <optional>

#include "checkpoint/tensor_part.h"
#include "compare/diff.h"
#include "jobs/job.h"
#include "models/diff_rows.h"
#include "tensor/stats.h"

namespace plimsoll::ui {

// Compares two checkpoints. With values it is a job that people wait for: it is listed, and runs in its turn.
class DiffJob final : public Job {
    Q_OBJECT
public:
    struct Request {
        std::shared_ptr<const Checkpoint> a;
        std::shared_ptr<const Checkpoint> b;  // null: pathB is opened first
        QString pathB;
        DiffOptions options;
    };
    explicit DiffJob(QObject* parent) : Job(parent) {}
    void compare(Request request);

signals:
    void compared(const std::shared_ptr<const plimsoll::DiffReport>& report);
    void failed(const plimsoll::Error& error);
};

// Filters and orders what a comparison has found.
class DiffRowsJob final : public Job {
    Q_OBJECT
public:
    explicit DiffRowsJob(QObject* parent) : Job(parent) {}
    void build(std::shared_ptr<const DiffReport> report, DiffQuery query);

signals:
    void built(const std::shared_ptr<plimsoll::ui::DiffRows>& rows);  // the receiver may move from them
};

// Writes rows as CSV; a file that is there is replaced.
class DiffCsvJob final : public Job {
    Q_OBJECT
public:
    explicit DiffCsvJob(QObject* parent) : Job(parent) {}
    void write(DiffRows rows, const QString& path);

signals:
    void written(const QString& path);
    void failed(const plimsoll::Error& error);
};

// How the values of two tensors are spread, over the same bins.
struct PairHistograms {
    TensorStats a;
    TensorStats b;
    Histogram left;
    Histogram right;
};

class PairJob final : public Job {
    Q_OBJECT
public:
    static constexpr std::size_t kBins = 96;

    explicit PairJob(QObject* parent) : Job(parent) {}
    // Both have real numbers for values. Progress counts bytes of both, twice.
    void compute(std::shared_ptr<const DiffReport> report, TensorId a, TensorId b);

signals:
    void computed(const plimsoll::ui::PairHistograms& histograms);
    void failed(const plimsoll::Error& error);
};

}  // namespace plimsoll::ui
