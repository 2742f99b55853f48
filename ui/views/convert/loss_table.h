// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>
#include <vector>

#include "convert/run.h"
#include "jobs/job.h"

namespace plimsoll::ui {

class DataTable;

using SharedLosses = std::shared_ptr<const std::vector<RecordLoss>>;
using LossOrder = std::vector<std::uint32_t>;

// Brings losses into an order.
class LossOrderJob final : public Job {
    Q_OBJECT
public:
    explicit LossOrderJob(QObject* parent) : Job(parent) {}
    void sort(SharedLosses losses, int column, bool descending);

signals:
    void sorted(const std::shared_ptr<const plimsoll::ui::LossOrder>& order);
};

// What casts cost, a row each; worst relative error first until a column is chosen.
class LossTable final : public QWidget {
    Q_OBJECT
public:
    enum Column { Name, Types, MaxAbs, MaxRel, Rms, Overflow, Underflow, Nan };

    explicit LossTable(const QString& name, QWidget* parent = nullptr);
    void setLosses(SharedLosses losses);  // null: none
    [[nodiscard]] const SharedLosses& losses() const noexcept { return losses_; }

signals:
    void shown();

private:
    void sort();
    [[nodiscard]] static QString cell(const RecordLoss& record, int column);

    DataTable* table_;
    SharedLosses losses_;
    LatestJob<LossOrderJob> job_;
};

// "12 tensors cast · worst max rel 0.0039 (a.weight) · 3 overflow · none is NaN".
[[nodiscard]] QString lossSummary(const std::vector<RecordLoss>& losses);

}  // namespace plimsoll::ui
